import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";

const home = resolve("packages/local-cloud");
const files = readdirSync(home, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !/^(lib|node_modules|\.build-\d+)\//.test(path))
  .map((path) => join(home, path));

/** The files that a file imports from this package, types included. */
function importsOf(file: string): readonly string[] {
  return ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .flatMap(({ fileName }) => {
      const path = resolve(dirname(file), fileName.replace(/\.js$/, ""));
      return [`${path}.ts`, join(path, "index.ts")].find((one) => existsSync(one)) ?? [];
    });
}

describe("the local cloud's package", () => {
  it("has no files that import each other in a circle", () => {
    const imports = new Map(files.map((file) => [file, importsOf(file)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" → "));
      if (done.has(file) || way.includes(file)) return;
      for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).to.deep.equal([]);
    expect(files.length).to.be.greaterThan(100);
  });

  it("knows no avatar, no student and no option of a command line", () => {
    const told = files.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => /avatar(?!-imaging)|student|--(port|data|stack|config|program|smtp|faults)\b/i.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(told).to.deep.equal([]);
  });
});
