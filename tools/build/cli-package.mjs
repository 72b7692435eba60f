/**
 * Puts together the second npm package of this repository, `avatar-pipeline-cli`: the command line with the local mode,
 * for those who have the component from its package and no clone.
 *
 *   dist/cli/build/        what local/cli.ts and its child processes reach, file by file, and nothing else
 *   dist/cli/bin/          the command, the same file as in a clone
 *   dist/cli/README.md     docs/command-line.md, and what it links to: faults.md
 *   dist/cli/package.json  made from this repository's: the same version, and what the files require, at the versions
 *                          that this repository is tested with
 *
 * `node scripts/cli-package.mjs [FOLDER]`, default dist/cli. Pack it with `npm pack ./dist/cli`.
 */
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli"));
process.chdir(join(dirname(fileURLToPath(import.meta.url)), "../.."));

/** The command line, and what it starts as processes and threads of their own. */
const entryPoints = [
  "packages/cli/main.ts",
  "packages/local-cloud/program/child.ts",
  "packages/local-cloud/program/es-module-hooks.ts",
  "packages/local-cloud/services/lambda/worker.ts",
  "packages/local-cloud/services/rekognition/faces/worker.ts",
  "packages/cli/console/browser/script.ts",
];
/** What is read, not required. */
const assets = ["packages/cli/console/assets/console.css", "packages/cli/console/assets/icon.svg"];

const common = { platform: "node", format: "cjs", target: "node20", logLevel: "warning" };

/** Every source that the entries reach, and every package that those require. */
async function reach(entries) {
  const { metafile } = await build({
    ...common,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    packages: "external",
    metafile: true,
    write: false,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports.filter(({ external, path }) => external && !path.startsWith("node:"));
  return { files: Object.keys(metafile.inputs), packages: new Set(packages.map(({ path }) => packageOf(path))) };
}

/** `@scope/name` or `name`, of a path into a package. */
function packageOf(path) {
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
}

const { files, packages } = await reach(entryPoints);
// What Lambda's runtime has ready, its functions take from here: they ship none of it.
const library = await reach(["components/index.ts"]);
for (const name of library.packages) if (name.startsWith("@aws-sdk/")) packages.add(name);

rmSync(folder, { recursive: true, force: true });
await build({ ...common, entryPoints: files, outdir: join(folder, "build"), outbase: "." });
for (const path of assets) {
  mkdirSync(dirname(join(folder, "build", path)), { recursive: true });
  cpSync(path, join(folder, "build", path));
}
cpSync("packages/cli/bin/avatar-pipeline.js", join(folder, "bin/avatar-pipeline-cli.js"));
cpSync("LICENSE", join(folder, "LICENSE"));
cpSync("docs/command-line.md", join(folder, "README.md"));
cpSync("docs/faults.md", join(folder, "faults.md"));

const { version, license, type, engines, keywords, dependencies, devDependencies } = JSON.parse(
  readFileSync("package.json", "utf8"),
);
const pinned = { ...dependencies, ...devDependencies };
const manifest = {
  name: "avatar-pipeline-cli",
  version,
  description:
    "The command line of avatar-pipeline: a Pulumi program with an AvatarPipeline in it, whole on one machine.",
  keywords,
  license,
  type,
  engines,
  main: "build/packages/cli/main.js",
  bin: { "avatar-pipeline-cli": "bin/avatar-pipeline-cli.js" },
  dependencies: Object.fromEntries([...packages].sort().map((name) => [name, versionOf(name)])),
  // The component whose names and tables the commands know. Programs bring their own; some commands need none.
  peerDependencies: { "avatar-pipeline": `^${version}` },
  peerDependenciesMeta: { "avatar-pipeline": { optional: true } },
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

function versionOf(name) {
  if (pinned[name] !== undefined) return pinned[name];
  throw new Error(`${name} is required by the command line, and package.json gives no version of it. Add it there.`);
}
