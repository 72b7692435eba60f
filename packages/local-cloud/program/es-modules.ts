import { existsSync, readFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { HookData } from "./es-module-hooks";

/** Whether Node.js takes the file for an ES module: by its name, or by the nearest package.json. */
export function isEsModule(program: string): boolean {
  if (/\.m[jt]s$/.test(program)) return true;
  if (/\.c[jt]s$/.test(program)) return false;
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly type?: unknown }).type === "module";
    }
    if (dirname(folder) === folder) return false;
  }
}

/** A program as an ES module: Node.js reads those on a thread of its own, where no file system of ours notices. */
export interface EsModules {
  /** Loads the program. What it gives Pulumi is its default export, or all that it exports by name. */
  load(): Promise<unknown>;
  /** Absolute paths of the modules read so far, those of packages left out. */
  reads(): readonly string[];
}

/**
 * Makes `import` understand TypeScript, and names of JavaScript files that TypeScript has not written yet.
 *
 * @param pulumi a path from which Pulumi's TypeScript is found
 */
export function esModules(program: string, pulumi: string): EsModules {
  const { port1, port2 } = new MessageChannel();
  const data: HookData = { program, pulumi, reads: port2 };
  Module.register(pathToFileURL(join(__dirname, "es-module-hooks.js")), { data, transferList: [port2] });
  port1.unref();
  const paths = new Set<string>();
  return {
    async load() {
      process.setSourceMapsEnabled(true);
      const exported = (await import(pathToFileURL(program).href).finally(() =>
        process.setSourceMapsEnabled(false),
      )) as object;
      if (!("default" in exported)) return exported;
      if (Object.keys(exported).length === 1) return exported.default;
      // Pulumi's own words and rule.
      throw new Error("expected entrypoint module to have either a default export or named exports but not both");
    },
    reads() {
      for (let read = receiveMessageOnPort(port1); read; read = receiveMessageOnPort(port1)) {
        paths.add(read.message as string);
      }
      return [...paths];
    },
  };
}
