import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { asError } from "../support/errors";

const run = promisify(execFile);

const program = `
import { evaluateProgram, startCloud, type CloudOptions } from "pulumi-local-cloud";
import { consoleRoute } from "pulumi-local-cloud/console/index";
import type { LocalService } from "pulumi-local-cloud/services/module";
import { createThumbnails } from "avatar-imaging";

const options: CloudOptions = {
  port: 0,
  data: "data",
  graph: ({ serves }) => evaluateProgram({ program: "index.ts", serves }),
  routes: (parts) => [consoleRoute(parts)],
};
const cloud = await startCloud(options);
// @ts-expect-error a port is a number
await startCloud({ ...options, port: "4566" });
export const url: string = cloud.url;
export const names = (services: readonly LocalService[]): string[] => services.map(({ name }) => name);
export const make: (...args: never[]) => unknown = createThumbnails;
`;

describe("the declarations that the packages ship", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "types-"));
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "start.ts"), program);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("let a strict program of another project use them, and refuse what is no option", async () => {
    await run(process.execPath, [resolve("tools/build/types.mjs")]);
    const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--types", "node"];
    const modern = ["--module", "node16", "--target", "es2022"];
    const compiled = await run(process.execPath, [
      join(folder, "node_modules/typescript/bin/tsc"),
      ...strict,
      ...modern,
      join(folder, "start.ts"),
    ]).catch(asError);
    expect(compiled.stdout).to.equal("");
  });
});
