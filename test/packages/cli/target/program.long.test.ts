import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { link } from "../../packing";
import { portrait } from "../../../support/portraits";
import { ended, run, serve } from "../../../support/child-process";

/** No project around the file names this program, which declares a pipeline only with its configuration. */
const program = `
import { Config } from "@pulumi/pulumi";
import { AvatarPipeline } from "avatar-pipeline";
new AvatarPipeline(new Config().require("school"));
`;

describe("a program that no Pulumi.yaml names", () => {
  let folder: string;
  const named = ["--program", "main.ts", "--config", "school=arts"];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "named-"));
    for (const name of ["@pulumi", "typescript"]) {
      link(resolve("node_modules", name), join(folder, "node_modules", name));
    }
    link(resolve("."), join(folder, "node_modules/avatar-pipeline"));
    writeFileSync(join(folder, "main.ts"), program);
    mkdirSync(join(folder, "class"));
    writeFileSync(join(folder, "class/an.jpg"), await portrait("A"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is named to each command that works on the local data, with its configuration", async () => {
    const imported = await run(["import", "class", "--local", ...named], folder);
    expect(imported.stdout, imported.stderr).to.include("1 in all: 1 accepted, 0 rejected, 0 failed.\n");
    const compared = await run(["reconcile", "--json", ...named], folder);
    expect(compared.status, compared.stderr).to.equal(0);
    expect(JSON.parse(compared.stdout)).to.have.nested.property("compared.avatars", 1);
    const erased = await run(["erase", "an", "--json", ...named], folder);
    expect(erased.status, erased.stderr).to.equal(0);
    expect(JSON.parse(erased.stdout)).to.include({ faces: 1, avatarRows: 1 });
  });

  it("is told of a file that is not there, before anything begins", async () => {
    for (const command of [["erase", "an"], ["reconcile"], ["import", "class", "--local"]]) {
      expect(await run([...command, "--program", "none.ts"], folder), command[0]).to.deep.equal({
        status: 1,
        stdout: "",
        stderr:
          "avatar-pipeline: --program none.ts: there is no such file. Name the entry file of a Pulumi program, such " +
          "as index.ts.\n",
      });
    }
  });

  it("need not be named while it runs, and what else is named is left out", async () => {
    const service = await serve(named, folder);
    const leftOut = / left out: the local mode at http:\S+ is used, as it was started\.\n$/;
    const other = ["--config", "school=music"];
    try {
      const sent = await run(["process", "class/an.jpg", "--json", ...other], folder);
      expect(sent.stderr)
        .to.match(/^--config is/)
        .and.to.match(leftOut);
      expect(JSON.parse(sent.stdout)).to.include({ studentId: "an", outcome: "accepted" });
      writeFileSync(join(folder, "other.ts"), program);
      for (const command of [["reconcile"], ["import", "class", "--local"], ["erase", "an"]]) {
        const { status, stderr } = await run([...command, "--program", "other.ts", ...other], folder);
        expect(status, stderr).to.equal(0);
        expect(stderr)
          .to.match(/^--program and --config are/)
          .and.to.match(leftOut);
      }
    } finally {
      const end = ended(service);
      service.child.kill("SIGTERM");
      await end;
    }
  });
});
