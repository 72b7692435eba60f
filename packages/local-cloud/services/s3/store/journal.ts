import { openLog } from "../../../storage/log";

/** The log of the buckets: the one place that commits a change. */
export interface Journal<Entry> {
  /** Makes an entry durable, or throws and leaves the file as it was. */
  append(entry: Entry): void;
  close(): void;
}

interface Head {
  readonly journal: string;
  readonly version: number;
}

const journalHead: Head = { journal: "s3", version: 1 };

export interface JournalOptions<Entry> {
  /** Receives every entry, oldest first. */
  readonly replay: (entry: Entry) => void;
  /** The number of entries that {@link snapshot} would yield. */
  readonly size: () => number;
  /** The shortest sequence of entries that leads to the present state. */
  readonly snapshot: () => Iterable<Entry>;
}

/**
 * Opens a journal, and creates it if it is missing. Its first line names its format, every other line is an entry.
 *
 * @throws Error if the file is of another version, or if a line before the last is not JSON
 */
export function openJournal<Entry>(path: string, { replay, size, snapshot }: JournalOptions<Entry>): Journal<Entry> {
  const log = openLog<Head | Entry>(path, {
    replay(entry, line) {
      if (line === 1) checkHead(entry, path);
      else replay(entry as Entry);
    },
    damaged: (line, cause) =>
      new Error(
        `Line ${line} of ${path} is not JSON, so the stored objects cannot be known. ` +
          `Restore the file from a copy, or delete the folder to start with empty buckets.`,
        { cause },
      ),
    begin: [journalHead],
    compaction: {
      size: () => size() + 1,
      *snapshot() {
        yield journalHead;
        yield* snapshot();
      },
    },
  });
  return { append: (entry) => log.append([entry]), close: () => log.close() };
}

/** Before version 0.1 the head also named the program: `NAME s3`. */
function checkHead(head: unknown, path: string): void {
  const { journal, version } = (head ?? {}) as Partial<Head>;
  if (
    version === journalHead.version &&
    (journal === journalHead.journal || journal?.endsWith(` ${journalHead.journal}`))
  ) {
    return;
  }
  throw new Error(
    `${path} starts with ${JSON.stringify(head)}, but this version reads ${JSON.stringify(journalHead)}. ` +
      `Use the version that wrote it, or delete the folder to start with empty buckets.`,
  );
}
