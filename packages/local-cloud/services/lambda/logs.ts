import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

export interface LogLine {
  /** The function's name. */
  readonly source: string;
  readonly text: string;
}

/** One file per function, kept small: one older generation of each stays. */
export interface LogFiles {
  write(line: LogLine): void;
  /** Writes the lines still in memory. */
  flush(): void;
}

const maxBytes = 5 * 1024 * 1024;
const flushMs = 200;

/** Appends lines to FOLDER/NAME.log, a few times a second. */
export function openLogFiles(folder: string): LogFiles {
  mkdirSync(folder, { recursive: true });
  const pending = new Map<string, string[]>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const [source, lines] of pending) {
      const path = join(folder, `${source}.log`);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
      appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
    }
    pending.clear();
  }

  return {
    write({ source, text }) {
      const lines = pending.get(source);
      if (lines) lines.push(text);
      else pending.set(source, [text]);
      timer ??= setTimeout(flush, flushMs).unref();
    },
    flush,
  };
}
