import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import ts from "typescript";
import { readManifest } from "./packing";

const root = resolve(".");
const own = readManifest(root);
const workspaces = readdirSync("packages").map((name) => ({
  folder: join("packages", name),
  manifest: readManifest(join("packages", name)),
}));
const built = workspaces.map(({ folder, manifest }) => ({ manifest, texts: textsIn(folder, ["lib", "bin"], /\.js$/) }));

function textsIn(folder: string, rooms: readonly string[], wanted: RegExp): readonly string[] {
  return rooms
    .map((room) => join(folder, room))
    .filter((room) => existsSync(room))
    .flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: "utf8" })
        .filter((path) => wanted.test(path) && !/(^|\/)(node_modules|lib)\//.test(path))
        .map((path) => readFileSync(join(room, path), "utf8")),
    );
}

const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "";
const isPackage = (specifier: string): boolean =>
  !/^[./]|^node:/.test(specifier) && !builtinModules.includes(specifier);

/** The packages that a built file loads. */
const requiredBy = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:require(?:\.resolve)?|import|createRequire\)?\(__filename\))\(\s*"([^".][^"]*)"/g)]
    .map(([, name = ""]) => name)
    .filter(isPackage)
    .map(packageOf);

/** The packages that a source imports, types included. */
const importedBy = (text: string): readonly string[] =>
  ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter(isPackage)
    .map(packageOf);

// A function takes the packages that Lambda's runtime provides from the local cloud: it ships none of them.
const functions = requiredBy(readFileSync("lib/index.js", "utf8")).filter((name) => name.startsWith("@aws-sdk/"));

describe("The dependencies", () => {
  // Optional peers of one package are dependencies of another, which installs them for it.
  const broughtAlong = workspaces.flatMap(({ manifest }) => Object.keys(manifest.peerDependenciesMeta ?? {}));

  for (const { manifest, texts } of built) {
    const { name, version, dependencies = {}, peerDependencies = {} } = manifest;

    it(`of ${name} are exactly what it and the functions require`, () => {
      const required = new Set([...texts.flatMap(requiredBy), ...(name === "pulumi-local-cloud" ? functions : [])]);
      expect(required.size).to.be.greaterThan(0);
      const stated = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
      expect([...required].filter((one) => !stated.includes(one))).to.deep.equal([]);
      expect(
        Object.keys(dependencies).filter((one) => !required.has(one) && !broughtAlong.includes(one)),
      ).to.deep.equal([]);
    });

    it(`of ${name} have the versions that are tested here`, () => {
      expect(version).to.equal(own.version);
      for (const [one, wanted] of Object.entries(dependencies)) {
        const installed = readManifest(join(root, "node_modules", one)).version;
        expect(wanted, one).to.be.oneOf([own.devDependencies?.[one] ?? installed, installed]);
      }
    });
  }

  it("of the repository hold whatever component, pages, tools and tests import", () => {
    const rooms = ["components", "handlers", "site", "policy", "provider", "tools", "test"];
    const sources = textsIn(".", rooms, /\.(ts|mjs|js)$/);
    const imported = new Set([...sources, readFileSync("index.ts", "utf8")].flatMap(importedBy));
    const { name, devDependencies, peerDependencies } = own;
    const stated = [name, ...Object.keys({ ...devDependencies, ...peerDependencies })];
    stated.push(...workspaces.map(({ manifest }) => manifest.name));
    expect([...imported].filter((one) => !stated.includes(one))).to.deep.equal([]);
  });
});
