import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { CloudEvent } from "../../../gateway/service";
import { openBlobs } from "./blobs";
import { openJournal } from "./journal";
import type { SortedKeys } from "./listing";
import type { Change, MultipartUpload, Part, Version } from "./model";
import { emptyState } from "./state";

export type * from "./model";

/** The objects of all buckets: bytes in files, everything else in memory and in the journal. */
export interface Store {
  /** Commits a change, durably and at once. The blob that it adds has been received before. */
  commit(change: Change): void;
  /** All versions of a key, newest first. */
  versions(bucket: string, key: string): readonly Version[];
  keys(bucket: string): SortedKeys;
  upload(id: string): { readonly upload: MultipartUpload; readonly parts: ReadonlyMap<number, Part> } | undefined;
  /** The uploads to a bucket that have not ended, in the order in which they began. */
  uploads(bucket: string): readonly MultipartUpload[];
  /** Events that nobody has acknowledged, oldest first. */
  pendingEvents(): readonly CloudEvent[];
  /** Streams bytes into a blob that no version has yet, and returns its id. */
  receive(chunks: AsyncIterable<Buffer>): Promise<string>;
  /** Discards a received blob. */
  discard(blob: string): Promise<void>;
  /** The bytes from `start` up to and including `end`. */
  read(blob: string, start: number, end: number): Promise<Readable>;
  newVersionId(): string;
  /** Greater than every one before, also over restarts as long as the clock is not set back. */
  newSequencer(now: Date): string;
  /** Ends the store after pending removals of blobs. Changes after it are refused. */
  close(): Promise<void>;
}

/**
 * Opens the store of a folder, and cleans up the leftovers of a killed process.
 *
 * @throws Error if the journal cannot be read (see {@link openJournal})
 */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const blobs = openBlobs(folder);
  const state = emptyState();
  const journal = openJournal<Change>(join(folder, "journal.jsonl"), {
    replay: (change) => void state.apply(change),
    size: () => state.size(),
    snapshot: () => state.snapshot(),
  });
  blobs.sweep(state.blobsInUse());
  const removals = new Set<Promise<void>>();
  let lastSequencer = state.lastSequencer();
  let closed = false;

  const remove = (id: string): Promise<void> => {
    const removal = blobs.remove(id).finally(() => removals.delete(removal));
    removals.add(removal);
    return removal;
  };

  return {
    commit(change) {
      if (closed) throw new Error(`The store of ${folder} is closed, so ${change.do} cannot be carried out.`);
      const blob = blobAddedBy(change);
      if (blob !== undefined) blobs.keep(blob);
      journal.append(change);
      for (const id of state.apply(change)) void remove(id);
    },
    versions: (bucket, key) => state.versions(bucket, key),
    keys: (bucket) => state.keys(bucket),
    upload: (id) => state.uploads.get(id),
    uploads: (bucket) =>
      [...state.uploads.values()].map(({ upload }) => upload).filter((upload) => upload.bucket === bucket),
    pendingEvents: () => [...state.events.values()],
    receive: (chunks) => blobs.receive(chunks),
    discard: remove,
    read: (blob, start, end) => blobs.read(blob, start, end),
    // 32 characters, like AWS's; a dash in front would read as an option on a command line.
    newVersionId: () => randomBytes(24).toString("base64url").replaceAll("-", "."),
    newSequencer(now) {
      const floor = BigInt(now.getTime()) << 20n;
      lastSequencer = floor > lastSequencer ? floor : lastSequencer + 1n;
      return lastSequencer.toString(16).toUpperCase().padStart(16, "0");
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(removals);
      journal.close();
    },
  };
}

function blobAddedBy(change: Change): string | undefined {
  if (change.do === "part") return change.part.blob;
  return change.do === "put" && !change.version.deleteMarker ? change.version.blob : undefined;
}
