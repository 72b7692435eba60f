import type { Command } from "../command";

/** The commands in the order of the help text. Each is loaded on demand: loading takes most of a short run. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  local: async () => (await import("./local.js")).local,
  process: async () => (await import("./process/index.js")).process_,
  import: async () => (await import("./import/index.js")).import_,
  export: async () => (await import("./export/index.js")).export_,
  reconcile: async () => (await import("./reconcile.js")).reconcile,
  who: async () => (await import("./who/index.js")).who,
  erase: async () => (await import("./erase/index.js")).erase,
  invite: async () => (await import("./invite/index.js")).invite,
};
