/**
 * A map that is still there after the process was killed: what the queues and the event bus keep their messages in.
 *
 *   openKeptMap<Value>(file): Promise<KeptMap<Value>>
 *     .get(key)  .has(key)  .size  .entries()         as of a Map, in order of insertion
 *     .set(key, value)  .delete(key): Promise<void>   resolve once the operating system has the change
 *     .close()
 *
 * The file is a log: a line `[key, value]` sets, a line `[key]` deletes. A line that a kill cut short is the last one,
 * and nobody was told that it took effect: it is dropped on opening. Values are JSON; changing one in place changes
 * nothing in the file. The machine losing power may lose the last changes; a killed process loses none.
 */
import { mkdir, open, readFile, rename, writeFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

export interface KeptMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  has(key: string): boolean;
  entries(): IterableIterator<[string, Value]>;
  set(key: string, value: Value): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

/** Lines of no further use before the log is written anew: often enough to stay small, seldom enough to cost nothing. */
const MAX_STALE_LINES = 10_000;

/** @throws Error naming the file and the line when the file holds something else */
export async function openKeptMap<Value>(file: string): Promise<KeptMap<Value>> {
  await mkdir(dirname(file), { recursive: true });
  const map = readLog<Value>(await readIfThere(file), file);
  let handle = await rewrite(file, map);
  let lines = map.size;
  let waiting: string[] = [];
  let flushing: Promise<void> | undefined;
  let closed = false;

  /** One write for all changes of the moment: a thousand changes at once are one or two writes. */
  async function flush(): Promise<void> {
    await Promise.resolve();
    try {
      while (waiting.length > 0) {
        const chunk = waiting.join("");
        lines += waiting.length;
        waiting = [];
        if (lines > map.size + MAX_STALE_LINES) {
          // The map already holds the waiting changes, so the new log has them too.
          await handle.close();
          handle = await rewrite(file, map);
          lines = map.size;
        } else await handle.appendFile(chunk);
      }
    } finally {
      flushing = undefined;
    }
  }

  function append(line: readonly unknown[]): Promise<void> {
    if (closed) return Promise.reject(new Error(`${file} is closed: nothing can be kept in it any more.`));
    waiting.push(`${JSON.stringify(line)}\n`);
    flushing ??= flush();
    return flushing;
  }

  return {
    get size() {
      return map.size;
    },
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    entries: () => map.entries(),
    set(key, value) {
      map.set(key, value);
      return append([key, value]);
    },
    delete(key) {
      return map.delete(key) ? append([key]) : (flushing ?? Promise.resolve());
    },
    async close() {
      if (closed) return;
      closed = true;
      await flushing;
      await handle.close();
    },
  };
}

function readLog<Value>(text: string, file: string): Map<string, Value> {
  const map = new Map<string, Value>();
  const lines = text.split("\n");
  // What follows the last line break is a line that was cut short, or nothing.
  lines.pop();
  for (const [index, line] of lines.entries()) {
    const entry = parseLine(line);
    if (!entry) throw new Error(`${file}, line ${index + 1}, is not of a kept map. Restore the file, or delete it.`);
    if (entry.length === 1) map.delete(entry[0]);
    else map.set(entry[0], entry[1] as Value);
  }
  return map;
}

function parseLine(line: string): [string] | [string, unknown] | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return Array.isArray(entry) && typeof entry[0] === "string" ? (entry as [string]) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the log anew beside the old one and puts it in its place, so that a kill leaves one of the two whole. */
async function rewrite(file: string, map: ReadonlyMap<string, unknown>): Promise<FileHandle> {
  const fresh = `${file}.new`;
  await writeFile(fresh, [...map].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  await rename(fresh, file);
  return open(file, "a");
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
