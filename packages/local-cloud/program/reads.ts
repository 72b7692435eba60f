import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Records every file and folder that this process reads outside node_modules, including its own modules, so that a
 * result can be kept until one of them changes. In packages only the package.json files count.
 *
 * @returns a function that returns the absolute paths so far
 */
export function recordReads(): () => readonly string[] {
  const paths = new Set<string>();
  const note = (path: unknown): void => {
    const text =
      typeof path === "string"
        ? path
        : Buffer.isBuffer(path)
          ? path.toString()
          : path instanceof URL
            ? fileURLToPath(path)
            : "";
    if (text === "") return;
    const absolute = resolve(text);
    if (absolute.startsWith(`${sep}proc${sep}`) || isPackageInner(absolute)) return;
    paths.add(absolute);
  };
  for (const name of ["readFileSync", "readdirSync", "readFile", "readdir", "createReadStream", "openSync"] as const) {
    wrap(fs, name, note);
  }
  for (const name of ["readFile", "readdir", "open"] as const) wrap(fs.promises, name, note);
  syncBuiltinESMExports();
  return () => [...new Set([...paths, ...loadedPackages()])].sort();
}

/** The package.json of every package that a module was loaded from. */
function loadedPackages(): string[] {
  return Object.keys(require.cache).flatMap((path) => {
    const parts = path.split(sep);
    const at = parts.lastIndexOf("node_modules");
    if (at < 0) return [];
    const end = parts[at + 1]?.startsWith("@") ? at + 3 : at + 2;
    return [join(parts.slice(0, end).join(sep), "package.json")];
  });
}

function isPackageInner(path: string): boolean {
  const inside = path.lastIndexOf(`${sep}node_modules${sep}`);
  return inside >= 0 && !path.endsWith(`${sep}package.json`);
}

/** Replaces a function of a module by one that records its first argument; the result and errors are the original's. */
function wrap<Module extends object>(module: Module, name: keyof Module, note: (path: unknown) => void): void {
  const original = module[name] as (...args: unknown[]) => unknown;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    note(args[0]);
    return original.apply(this, args);
  };
  // Node keeps further members on some of them, for example readFile's promisified form.
  Object.assign(wrapped, original);
  module[name] = wrapped as Module[keyof Module];
}
