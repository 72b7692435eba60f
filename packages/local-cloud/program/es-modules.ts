import Module from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { HookData } from "./es-module-hooks";

/**
 * A program as an ES module: Node.js reads those on a thread of its own, where our hooks on the file system see
 * nothing.
 */
export interface EsModules {
  /** Loads the program. The result for Pulumi is its default export, or all its named exports. */
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
