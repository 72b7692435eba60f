/**
 * An append-only file of JSON lines: every service keeps its state in one.
 *
 *   openLog<Entry>(path, options): Log<Entry>     replays the file, then appends to it
 *   readLog<Entry>(path, replay, damaged)         only reads
 *   appendToLog(path, entries)                    appends without keeping the file open
 *
 * Entries are written completely, by one synchronous call, before a change shows in memory or in an answer. A process
 * that is killed at any instant therefore leaves either all of a change or nothing of it. A last line without its line
 * feed is an interrupted write that was not confirmed to any caller; opening cuts it off. A line reaches the operating
 * system, not the disk's platter: a killed process loses nothing, a power cut may lose the last seconds.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

export interface Log<Entry> {
  /** Makes the entries durable, all of them, or throws and leaves the file as it was. */
  append(entries: readonly Entry[]): void;
  close(): void;
}

export interface LogOptions<Entry> {
  /** Receives every entry of the file, oldest first. `line` counts from 1. */
  replay(entry: Entry, line: number): void;
  /** The error to throw for a whole line that is not JSON. Such a line is skipped if this returns nothing. */
  damaged(line: number, cause: unknown): Error | undefined;
  /** The first content of a new file, so that no kill leaves a file without it. It is not replayed. */
  readonly begin?: readonly Entry[] | undefined;
  /** How the log drops entries that later ones have made obsolete. Without it the file only grows. */
  readonly compaction?: {
    /** The number of entries that {@link snapshot} would yield. */
    size(): number;
    /** The shortest sequence of entries that leads to the present state. */
    snapshot(): Iterable<Entry>;
  };
}

/**
 * A file is rewritten when more than half of its lines, and at least this many, are stale: often enough to stay small,
 * seldom enough to cost nothing.
 */
const minStaleLines = 1_000;

/** A descriptor, and the content of its file. */
interface OpenFile {
  readonly file: number;
  readonly bytes: number;
  readonly lines: number;
}

/** Characters that a rewrite collects before it writes them. */
const batch = 1 << 20;

/**
 * Opens a log, and creates it with its folder if it is missing.
 *
 * @throws Error from `damaged`; errors of `replay`; and system errors
 */
export function openLog<Entry>(path: string, options: LogOptions<Entry>): Log<Entry> {
  const { compaction } = options;
  mkdirSync(dirname(path), { recursive: true });
  // The leftover of an interrupted rewrite.
  rmSync(freshPath(path), { force: true });
  let { file, bytes, lines } = openWhole(path, options);
  /** Below this many lines the log is not checked. */
  let enough = 0;

  function compact(): void {
    if (!compaction || lines < enough) return;
    const alive = compaction.size();
    if (lines - alive > Math.max(alive, minStaleLines)) {
      const fresh = writeFresh(path, compaction.snapshot());
      closeSync(file);
      ({ file, bytes, lines } = fresh);
    }
    enough = alive + Math.max(alive, minStaleLines);
  }

  compact();
  return {
    append(entries) {
      bytes = appendWhole(file, entries, bytes);
      lines += entries.length;
      try {
        compact();
      } catch {
        // The entries are durable, so a full disk must not make the change look failed. The next start compacts again.
        enough = 2 * lines;
      }
    },
    close() {
      closeSync(file);
    },
  };
}

function openWhole<Entry>(path: string, options: LogOptions<Entry>): OpenFile {
  const { bytes, lines } = replayAll(readIfThere(path), options);
  if (lines === 0 && options.begin) return writeFresh(path, options.begin);
  const file = openSync(path, "a+");
  if (bytes < fstatSync(file).size) ftruncateSync(file, bytes);
  return { file, bytes, lines };
}

/** Replays a file without changing it. A missing file holds nothing. */
export function readLog<Entry>(path: string, options: Pick<LogOptions<Entry>, "replay" | "damaged">): void {
  replayAll(readIfThere(path), options);
}

/**
 * Appends to a file that is closed in between. The file must not end in an incomplete line: opening it once as a log
 * ensures that.
 */
export function appendToLog(path: string, entries: readonly unknown[]): void {
  const file = openSync(path, "a");
  try {
    appendWhole(file, entries, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function replayAll<Entry>(
  content: Buffer,
  { replay, damaged }: Pick<LogOptions<Entry>, "replay" | "damaged">,
): { bytes: number; lines: number } {
  const bytes = content.lastIndexOf(0x0a) + 1;
  let line = 0;
  // Line by line, because the text of a large file may be longer than a string can be.
  for (let start = 0; start < bytes;) {
    const end = content.indexOf(0x0a, start);
    line++;
    const parsed = parse(content.toString("utf8", start, end));
    start = end + 1;
    if ("entry" in parsed) {
      replay(parsed.entry as Entry, line);
      continue;
    }
    const error = damaged(line, parsed.cause);
    if (error) throw error;
  }
  return { bytes, lines: line };
}

function parse(text: string): { readonly entry: unknown } | { readonly cause: unknown } {
  try {
    return { entry: JSON.parse(text) };
  } catch (cause) {
    return { cause };
  }
}

/** Appends all entries to a file of `size` bytes, or nothing. Returns the new size. */
function appendWhole(file: number, entries: readonly unknown[], size: number): number {
  try {
    return size + writeAll(file, entries.map(lineOf).join(""));
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}

/** Writes a log beside the old one and puts it in its place, so that a kill leaves one of the two complete. */
function writeFresh(path: string, entries: Iterable<unknown>): OpenFile {
  const file = openSync(freshPath(path), "a+");
  try {
    let [text, bytes, lines] = ["", 0, 0];
    for (const entry of entries) {
      text += lineOf(entry);
      lines++;
      if (text.length < batch) continue;
      bytes += writeAll(file, text);
      text = "";
    }
    bytes += writeAll(file, text);
    renameSync(freshPath(path), path);
    return { file, bytes, lines };
  } catch (error) {
    closeSync(file);
    rmSync(freshPath(path), { force: true });
    throw error;
  }
}

const freshPath = (path: string): string => `${path}.new`;

const lineOf = (entry: unknown): string => `${JSON.stringify(entry)}\n`;

function writeAll(file: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  return bytes.length;
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
