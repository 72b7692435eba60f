// @ts-check
/**
 * Builds everything that runs, in about a second, with esbuild:
 *
 *   lib/index.js             the library (components + handlers) as one CommonJS file. One file, because the serializer
 *                            confuses modules of the same generated name from different files, and because the same
 *                            bytes must come out in this repository, in a workspace and in a consumer's node_modules.
 *   lib/layer/               the Lambda layer of the steps that read photos: packages/imaging and its dependencies in one
 *                            file, and the checks of a photo file in another.
 *   lib/site/                the students' page.
 *   packages/imaging/lib/    the package, file by file; packages/local-cloud/lib/ likewise.
 *   packages/cli/lib/        the command line as one file: the code it shares with the handlers is bundled.
 *   build/                   the whole tree, file by file, for the benchmarks and the tests. build/packages/imaging and
 *                            build/packages/local-cloud are links to those packages' lib/, so that a module is one
 *                            module, whether it was reached by a path or by the package's name.
 */
import { build } from "esbuild";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), "../.."));

/** @type {import("esbuild").BuildOptions} */
const common = { platform: "node", format: "cjs", target: "node20", logLevel: "warning" };

/** Every file below a folder whose path matches the test. */
function filesBelow(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, wanted) : wanted(path) ? [path] : [];
  });
}

const isSource = (path) => path.endsWith(".ts") && !path.endsWith(".d.ts");
/** The files read at run time that are not TypeScript. */
const isAsset = (path) =>
  /\.(json|html|css|svg|wasm)$/.test(path) && !/package\.json$|^packages\/[^/]+\/lib\//.test(path);
/** Packages that are built in place, file by file. */
const inPlace = ["packages/imaging", "packages/local-cloud"];
const folders = ["components", "handlers", "packages/cli", "site", "test", "tools"];

/** The paths of tsconfig.json would bundle the other packages, including the layer's. */
const withoutPaths = { tsconfigRaw: { compilerOptions: { strict: true, target: "es2022" } } };

/** The layer's files, as functions require them: the rest of what they need of the package is bundled into them. */
const layerFiles = { "avatar-imaging": "index", "avatar-imaging/file/check": "file/check" };

/** The code that the library shares with the layer is bundled; the layer's own files stay a package. */
const takeInSharedFiles = {
  name: "take in shared files",
  setup({ onResolve }) {
    onResolve({ filter: /^avatar-imaging\// }, ({ path }) => {
      if (Object.hasOwn(layerFiles, path)) return { path, external: true };
      const file = join(process.cwd(), "packages/imaging", path.slice("avatar-imaging/".length));
      return { path: [`${file}.ts`, join(file, "index.ts")].find((one) => existsSync(one)) };
    });
  },
};

/** The library: packages stay external, so that Pulumi is the consumer's own. */
async function buildLibrary() {
  if (!existsSync("components/index.ts")) return;
  await build({
    ...common,
    entryPoints: ["components/index.ts"],
    outfile: "lib/index.js",
    bundle: true,
    packages: "external",
    plugins: [takeInSharedFiles],
    ...withoutPaths,
    sourcemap: false,
    // The serializer reads functions as text: names and syntax must survive as written.
    minify: false,
  });
}

/** The layer: files found by their names in {@link layerFiles} wherever Lambda mounts layers. */
async function buildLayer() {
  const home = "lib/layer/nodejs/node_modules/avatar-imaging";
  mkdirSync(home, { recursive: true });
  await build({
    ...common,
    entryPoints: Object.values(layerFiles).map((file) => ({ in: `packages/imaging/${file}.ts`, out: file })),
    outdir: home,
    bundle: true,
    minify: true,
    legalComments: "eof",
  });
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "avatar-imaging", main: "index.js" }) + "\n");
}

/**
 * The students' page: files with hashed names, so that browsers cache unchanged ones, and the page that refers to them.
 */
async function buildSite() {
  rmSync("lib/site", { recursive: true, force: true });
  const options = /** @type {const} */ ({
    outdir: "lib/site",
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    platform: "browser",
    logLevel: "warning",
    metafile: true,
  });
  const built = await Promise.all([
    build({
      ...options,
      entryPoints: ["site/upload/main.ts", "site/upload/style.css"],
      format: "esm",
      // Phone browsers from 2021 on: those with createImageBitmap, its orientation option, and dialogs.
      target: ["chrome94", "safari15.4", "firefox98"],
    }),
    // Shows a message in older browsers, so it has to run in them.
    build({ ...options, entryPoints: ["site/upload/outdated.js"], format: "iife", target: "es5" }),
  ]);
  const names = built
    .flatMap(({ metafile }) => Object.entries(metafile.outputs))
    .map(([path, { entryPoint = "" }]) => ({ source: basename(entryPoint), built: basename(path) }));
  const page = names.reduce(
    (html, { source, built }) => html.replace(`"${source.replace(/\.ts$/, ".js")}"`, `"${built}"`),
    readFileSync("site/upload/index.html", "utf8"),
  );
  cpSync("site/upload/favicon.svg", "lib/site/favicon.svg");
  writeFileSync("lib/site/index.html", page.replace(/\n\s+/g, "\n"));
}

/** The command line: one file beside its assets. Packages stay external, the component's part is bundled. */
async function buildCommandLine() {
  const fresh = `packages/cli/.build-${process.pid}`;
  await build({
    ...common,
    entryPoints: ["packages/cli/main.ts"],
    outdir: fresh,
    bundle: true,
    packages: "external",
    ...withoutPaths,
    sourcemap: "linked",
  });
  cpSync("packages/cli/console/assets", join(fresh, "assets"), { recursive: true });
  replaceFolder("packages/cli/lib", fresh);
}

/** A package, file by file. */
async function buildInPlace(home) {
  const fresh = join(home, `.build-${process.pid}`);
  await buildFiles([home], fresh, home);
  replaceFolder(join(home, "lib"), fresh);
}

/** The tree, file by file. */
async function buildTree() {
  const fresh = `.build-${process.pid}`;
  await buildFiles(folders, fresh, ".");
  mkdirSync(join(fresh, "packages"), { recursive: true });
  for (const home of inPlace) symlinkSync(join("../..", home, "lib"), join(fresh, home));
  replaceFolder("build", fresh);
}

/**
 * Builds the files of folders, each to its place below another folder; other files that are read at run time are
 * copied.
 */
async function buildFiles(sources, outdir, outbase) {
  // Built beside the target and then moved there: a concurrent run, or one after an interruption, finds a complete
  // file.
  const beside = dirname(outdir);
  for (const left of readdirSync(beside).filter((name) => /^\.build-\d+$/.test(name))) {
    if (!isRunning(Number(left.slice(".build-".length)))) rmSync(join(beside, left), { recursive: true, force: true });
  }
  const wanted = (test) =>
    sources
      .flatMap((folder) => filesBelow(folder, test))
      .filter((path) => !/^packages\/[^/]+\/(lib|\.build-\d+)\//.test(path));
  await build({ ...common, entryPoints: wanted(isSource), outdir, outbase, sourcemap: "linked" });
  for (const path of wanted(isAsset)) {
    const place = join(outdir, relative(outbase, path));
    mkdirSync(dirname(place), { recursive: true });
    cpSync(path, place);
  }
}

/** Replaces one folder by another, even if another process does the same at that moment: the last one wins. */
function replaceFolder(folder, fresh) {
  for (let tries = 5; ; tries--) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return renameSync(fresh, folder);
    } catch (error) {
      if (tries === 0 || /** @type {NodeJS.ErrnoException} */ (error).code !== "ENOTEMPTY") throw error;
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

await Promise.all([
  buildLibrary(),
  buildLayer(),
  buildSite(),
  buildCommandLine(),
  ...inPlace.map(buildInPlace),
  buildTree(),
]);
