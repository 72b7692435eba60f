/**
 * A map that survives a kill of the process: the queues and the event bus keep their messages in it.
 *
 *   openKeptMap<Value>(file): Promise<KeptMap<Value>>
 *     .get(key)  .has(key)  .size  .entries()         as of a Map, in order of insertion
 *     .set(key, value)  .delete(key): Promise<void>   fulfil once the operating system has the change
 *     .close()
 *
 * The file is a log (log.ts): an entry `[key, value]` sets, an entry `[key]` deletes. Values are JSON; changing one in
 * place changes nothing in the file.
 */
import { openLog } from "./log";

export interface KeptMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  has(key: string): boolean;
  entries(): IterableIterator<[string, Value]>;
  set(key: string, value: Value): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

type Entry<Value> = readonly [key: string, value: Value] | readonly [key: string];

/** @throws Error naming the file and the line if the file holds something else */
export async function openKeptMap<Value>(file: string): Promise<KeptMap<Value>> {
  const map = new Map<string, Value>();
  const foreign = (line: number, cause?: unknown) =>
    new Error(`${file}, line ${line}, is not of a kept map. Restore the file, or delete it.`, { cause });
  const log = openLog<Entry<Value>>(file, {
    replay(entry, line) {
      if (!isEntry(entry)) throw foreign(line);
      if (entry.length === 1) map.delete(entry[0]);
      else map.set(entry[0], entry[1]);
    },
    damaged: foreign,
    compaction: { size: () => map.size, snapshot: () => map.entries() },
  });
  let waiting: Entry<Value>[] = [];
  let flushing: Promise<void> | undefined;
  let closed = false;

  /** One write for all changes of the moment. */
  async function flush(): Promise<void> {
    await Promise.resolve();
    const entries = waiting;
    waiting = [];
    flushing = undefined;
    log.append(entries);
  }

  function append(entry: Entry<Value>): Promise<void> {
    if (closed) return Promise.reject(new Error(`${file} is closed, so it cannot keep anything.`));
    waiting.push(entry);
    flushing ??= flush();
    return flushing;
  }

  return Promise.resolve({
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
      // The callers of the last changes receive a failure; the file is closed in either case.
      await flushing?.catch(() => undefined);
      log.close();
    },
  });
}

function isEntry(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === "string";
}
