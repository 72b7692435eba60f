import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { LogSource } from "./sources";

/** Bytes at a log's end that are read for its last lines. */
const tailBytes = 256 * 1024;

/** The files `NAME.log` of a folder. */
export function logsIn(folder: string): LogSource {
  return {
    names() {
      try {
        const files = readdirSync(folder).filter((file) => file.endsWith(".log"));
        return files.map((file) => file.slice(0, -".log".length)).sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    },
    async tail(name, lines) {
      const file = await open(join(folder, `${name}.log`));
      try {
        const { size } = await file.stat();
        const start = Math.max(0, size - tailBytes);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
        const all = buffer.toString("utf8", 0, bytesRead).split("\n");
        // The first line may be cut; the text after the last line break is not a line yet.
        return all.slice(start > 0 ? 1 : 0, -1).slice(-lines);
      } finally {
        await file.close();
      }
    },
  };
}
