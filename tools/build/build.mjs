/**
 * Builds everything that runs, in about a second, with esbuild:
 *
 *   lib/index.js   the library (components + handlers) as one CommonJS file. One file, because the serializer
 *                  confuses modules of the same generated name from different files, and because the same
 *                  bytes must come out in this repository, in a workspace and in a consumer's node_modules.
 *   lib/layer/     the Lambda layer of the thumbnail step: imaging/ and its dependencies in one file.
 *   lib/site/      the students' page.
 *   build/         components/, handlers/, packages/, site/, tools/ and test/, file by file, for the command
 *                  line, the benchmarks and the tests.
 */
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), "../.."));

const common = { platform: "node", format: "cjs", target: "node20", logLevel: "warning" };

/** Every file below a folder whose path satisfies the test. */
function filesBelow(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, wanted) : wanted(path) ? [path] : [];
  });
}

const isSource = (path) => path.endsWith(".ts") && !path.endsWith(".d.ts");
const folders = ["components", "handlers", "packages", "site", "test", "tools"];

/** The library: packages stay external, so that Pulumi is the consumer's own. */
async function buildLibrary() {
  if (!existsSync("components/index.ts")) return;
  await build({
    ...common,
    entryPoints: ["components/index.ts"],
    outfile: "lib/index.js",
    bundle: true,
    packages: "external",
    sourcemap: false,
    // The serializer reads functions as text: names and syntax must survive as written.
    minify: false,
  });
}

/** The layer: one file, found by `require("avatar-imaging")` wherever Lambda mounts layers. */
async function buildLayer() {
  const home = "lib/layer/nodejs/node_modules/avatar-imaging";
  mkdirSync(home, { recursive: true });
  await build({
    ...common,
    entryPoints: ["packages/imaging/index.ts"],
    outfile: join(home, "index.js"),
    bundle: true,
    minify: true,
    legalComments: "eof",
  });
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "avatar-imaging", main: "index.js" }) + "\n");
}

/** The students' page: hashed names, so that browsers keep what has not changed, and the page that names them. */
async function buildSite() {
  rmSync("lib/site", { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: ["site/main.ts", "site/style.css"],
    outdir: "lib/site",
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    // The browsers of phones from 2021 on: what has createImageBitmap with orientation, and dialogs.
    target: ["chrome94", "safari15.4", "firefox98"],
    logLevel: "warning",
    metafile: true,
  });
  const names = Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [
    basename(entryPoint),
    basename(path),
  ]);
  const page = names.reduce(
    (html, [source, built]) => html.replace(`"${source.replace(/\.ts$/, ".js")}"`, `"${built}"`),
    readFileSync("site/index.html", "utf8"),
  );
  cpSync("site/favicon.svg", "lib/site/favicon.svg");
  writeFileSync("lib/site/index.html", page.replace(/\n\s+/g, "\n"));
}

/** The tree, file by file; what is not TypeScript but read at run time is copied beside it. */
async function buildTree() {
  // Made beside it and put in its place: whoever runs it meanwhile, or after an interruption, finds a whole one.
  for (const left of readdirSync(".").filter((name) => /^\.build-\d+$/.test(name))) {
    if (!isRunning(Number(left.slice(".build-".length)))) rmSync(left, { recursive: true, force: true });
  }
  const fresh = `.build-${process.pid}`;
  const entryPoints = folders.flatMap((folder) => filesBelow(folder, isSource));
  await build({ ...common, entryPoints, outdir: fresh, outbase: ".", sourcemap: "linked" });
  for (const path of folders.flatMap((folder) => filesBelow(folder, (p) => /\.(json|html|css|svg|wasm)$/.test(p)))) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true });
    cpSync(path, join(fresh, path));
  }
  replaceFolder("build", fresh);
}

/** Puts a folder in another's place, whoever else does the same at that moment: the last one's stays. */
function replaceFolder(folder, fresh) {
  for (let tries = 5; ; tries--) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return renameSync(fresh, folder);
    } catch (error) {
      if (tries === 0 || error.code !== "ENOTEMPTY") throw error;
    }
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

await Promise.all([buildLibrary(), buildLayer(), buildSite(), buildTree()]);
