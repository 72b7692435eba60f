// @ts-check
/**
 * Writes the published declarations. For the library, only the files that a consumer's compiler reaches from
 * components/index.d.ts, in lib/types; for the packages that ship their files one by one, all of them, each beside its
 * JavaScript in the package's lib/. Run it after the build and before packing; it takes some seconds, so builds skip
 * it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "lib/types");
/** Built file by file, see build.mjs. */
const packages = ["packages/imaging", "packages/local-cloud"].map((home) => join(root, home));

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, "tsconfig.json"),
  { noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false, outDir: out, rootDir: root },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail([diagnostic]) },
);
if (config === undefined) throw new Error("tsconfig.json cannot be read.");
// Without it TypeScript would require a file for its incremental state.
delete config.options.tsBuildInfoFile;
const isOfPackage = (path) => packages.some((home) => path.startsWith(`${home}/`) && !path.startsWith(`${home}/lib/`));
const program = ts.createProgram(
  [join(root, "components/index.ts"), ...config.fileNames.map((path) => resolve(path)).filter(isOfPackage)],
  config.options,
);

/** By path below `out`. */
const declarations = new Map();
const { diagnostics } = program.emit(undefined, (path, text) => declarations.set(resolve(path), text), undefined, true);
fail([...ts.getPreEmitDiagnostics(program), ...diagnostics]);

function fail(problems) {
  if (problems.length === 0) return;
  const host = { getCanonicalFileName: (path) => path, getCurrentDirectory: () => root, getNewLine: () => "\n" };
  console.error(ts.formatDiagnostics(problems, host));
  process.exit(1);
}

const reached = new Map();
const open = [join(out, "components/index.d.ts")];
for (let path = open.pop(); path !== undefined; path = open.pop()) {
  if (reached.has(path)) continue;
  reached.set(path, declarations.get(path));
  for (const { fileName } of ts.preProcessFile(declarations.get(path), true, true).importedFiles) {
    if (fileName.startsWith(".")) open.push(resolve(dirname(path), `${fileName}.d.ts`));
  }
}
replace(out, reached);

for (const home of packages) {
  const made = join(out, relative(root, home));
  const own = [...declarations].filter(([path]) => path.startsWith(`${made}/`));
  replace(join(home, "lib"), new Map(own.map(([path, text]) => [join(home, "lib", relative(made, path)), text])));
}

/**
 * Updates a folder's declarations to the given ones. Only differences are written, and each file at once, so that
 * another run, or a reader of the package, always sees complete files.
 */
function replace(folder, wanted) {
  const left = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const entry of left) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && path.endsWith(".d.ts") && !wanted.has(path)) rmSync(path, { force: true });
  }
  for (const [path, text] of wanted) {
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
  console.log(`${wanted.size} declarations in ${relative(process.cwd(), folder) || "."}`);
}
