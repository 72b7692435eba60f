/**
 * Writes the declarations of the library's public surface to lib/types: those files alone that a consumer's compiler
 * reaches from components/index.d.ts. Run before the package is packed; it takes some seconds, so that builds do
 * without it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "lib/types");

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, "tsconfig.json"),
  { noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false, outDir: out, rootDir: root },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail([diagnostic]) },
);
// Without it TypeScript would want a place for its incremental state.
delete config.options.tsBuildInfoFile;
const program = ts.createProgram([join(root, "components/index.ts")], config.options);

const declarations = new Map();
const { diagnostics } = program.emit(undefined, (path, text) => declarations.set(resolve(path), text), undefined, true);
fail([...ts.getPreEmitDiagnostics(program), ...diagnostics]);

function fail(problems) {
  if (problems.length === 0) return;
  const host = { getCanonicalFileName: (path) => path, getCurrentDirectory: () => root, getNewLine: () => "\n" };
  console.error(ts.formatDiagnostics(problems, host));
  process.exit(1);
}

const reached = new Set();
const open = [join(out, "components/index.d.ts")];
for (let path = open.pop(); path !== undefined; path = open.pop()) {
  if (reached.has(path)) continue;
  reached.add(path);
  for (const { fileName } of ts.preProcessFile(declarations.get(path), true, true).importedFiles) {
    if (fileName.startsWith(".")) open.push(resolve(dirname(path), `${fileName}.d.ts`));
  }
}

// Only what differs is written, and each file at once: another run, or who reads the package meanwhile, sees whole
// files.
const left = existsSync(out) ? readdirSync(out, { recursive: true, withFileTypes: true }) : [];
for (const entry of left) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && path.endsWith(".d.ts") && !reached.has(path)) rmSync(path, { force: true });
}
for (const path of reached) {
  if (existsSync(path) && readFileSync(path, "utf8") === declarations.get(path)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, declarations.get(path));
  renameSync(`${path}.${process.pid}`, path);
}
console.log(`${reached.size} declarations in ${relative(process.cwd(), out) || "."}`);
