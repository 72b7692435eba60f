/**
 * Module hooks, on the thread that Node.js reserves for them: TypeScript is transpiled, and `./words.js` resolves to
 * `./words.ts` if only that one exists, as in TypeScript's own resolution.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire, type LoadHook, type ResolveHook } from "node:module";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { isEsModule } from "./module-kind";
import { transpiler, type Transpile } from "./transpile";

export interface HookData {
  readonly program: string;
  readonly pulumi: string;
  /** Receives the path of every module that is read outside node_modules. */
  readonly reads: MessagePort;
}

let transpile: Transpile;
let reads: MessagePort;

export function initialize(data: HookData): void {
  transpile = transpiler(data.program, createRequire(data.pulumi));
  reads = data.reads;
}

export const resolve: ResolveHook = (specifier, context, next) => {
  if (/^\.{0,2}\/.*\.[cm]?js$|^file:.*\.[cm]?js$/.test(specifier) && context.parentURL?.startsWith("file:") === true) {
    const written = new URL(specifier, context.parentURL);
    const source = new URL(specifier.replace(/js$/, "ts"), context.parentURL);
    if (!existsSync(written) && existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
};

export const load: LoadHook = (url, context, next) => {
  if (!url.startsWith("file:")) return next(url, context);
  const path = fileURLToPath(url);
  if (!path.includes(`${sep}node_modules${sep}`)) reads.postMessage(path);
  if (!/\.[cm]?ts$/.test(path)) return next(url, context);
  // A module that is no ES module goes the way of `require`, which handles TypeScript too.
  if (!isEsModule(path)) return { format: "commonjs", shortCircuit: true };
  return { format: "module", shortCircuit: true, source: transpile(readFileSync(path, "utf8"), path, "module") };
};
