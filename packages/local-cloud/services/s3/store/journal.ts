import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

/**
 * An append-only file of JSON lines: the one place where a change becomes true.
 *
 * A line is written whole, by one synchronous call, before the change shows in memory or in an answer. So a process
 * that is killed at any instant leaves either the whole change or nothing of it; a last line without its line feed is
 * the trace of a write cut short, and is cut off on opening. (A line reaches the operating system, not the disk's
 * platter: a killed process loses nothing, a power cut may lose the last seconds.)
 */
export interface Journal<Entry> {
  /** Makes an entry durable, or throws and leaves the file as it was. */
  append(entry: Entry): void;
  /** How many entries the file holds. */
  readonly length: number;
  /** Replaces the whole file, atomically: for dropping entries that later ones have made meaningless. */
  rewrite(entries: Iterable<Entry>): void;
  close(): void;
}

/** Characters that a rewrite collects before it writes. */
const BATCH = 1 << 20;

const HEAD = { journal: "avatar-pipeline s3", version: 1 };

/**
 * Opens a journal, making it when missing.
 *
 * @param replay is given every entry, oldest first
 * @throws Error when the file is of another version, or a line before the last is no JSON
 */
export function openJournal<Entry>(path: string, replay: (entry: Entry) => void): Journal<Entry> {
  let file = openSync(path, "a+");
  let size = 0;
  let length = 0;

  const write = (text: string): void => {
    try {
      size += writeWhole(file, text);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  };

  const content = readFileSync(path);
  size = content.lastIndexOf(0x0a) + 1;
  if (size < fstatSync(file).size) ftruncateSync(file, size);
  const lines = content.toString("utf8", 0, size).split("\n").slice(0, -1);
  lines.forEach((line, index) => {
    const entry = parseLine(line, path, index + 1);
    if (index === 0) return checkHead(entry, path);
    replay(entry as Entry);
    length++;
  });
  if (lines.length === 0) write(`${JSON.stringify(HEAD)}\n`);

  return {
    get length() {
      return length;
    },
    append(entry) {
      write(`${JSON.stringify(entry)}\n`);
      length++;
    },
    rewrite(entries) {
      const fresh = `${path}.new`;
      rmSync(fresh, { force: true });
      const next = openSync(fresh, "a+");
      let count = 0;
      let bytes = 0;
      try {
        let text = `${JSON.stringify(HEAD)}\n`;
        for (const entry of entries) {
          text += `${JSON.stringify(entry)}\n`;
          count++;
          if (text.length < BATCH) continue;
          bytes += writeWhole(next, text);
          text = "";
        }
        bytes += writeWhole(next, text);
        renameSync(fresh, path);
      } catch (error) {
        closeSync(next);
        throw error;
      }
      closeSync(file);
      [file, size, length] = [next, bytes, count];
    },
    close() {
      closeSync(file);
    },
  };
}

function writeWhole(file: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  return bytes.length;
}

function parseLine(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(
      `Line ${String(number)} of ${path} is not JSON, so the stored objects cannot be known. ` +
        `Restore the file from a copy, or delete the folder to start with empty buckets.`,
      { cause: error },
    );
  }
}

function checkHead(head: unknown, path: string): void {
  if (JSON.stringify(head) !== JSON.stringify(HEAD)) {
    throw new Error(
      `${path} starts with ${JSON.stringify(head)}, this version reads ${JSON.stringify(HEAD)}. ` +
        `Use the version that wrote it, or delete the folder to start with empty buckets.`,
    );
  }
}
