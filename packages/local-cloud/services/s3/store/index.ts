import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { CloudEvent } from "../../../gateway/service";
import type { Checksum } from "../wire/checksums";
import { openBlobs } from "./blobs";
import { openJournal } from "./journal";
import { SortedKeys } from "./listing";

/** The attributes that a client sends along with an object's bytes. */
export interface Attributes {
  /** Headers that are returned as they were sent, in lower case: `content-type`, `cache-control`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface VersionHead {
  readonly key: string;
  /** `null` if the bucket has no versioning. */
  readonly versionId: string;
  /** Hexadecimal, and greater for the later of two changes. */
  readonly sequencer: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly lastModified: number;
}

export interface StoredObject extends VersionHead, Attributes {
  readonly deleteMarker: false;
  readonly blob: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  /** Sizes of the parts of a multipart upload. */
  readonly parts?: readonly number[] | undefined;
  /** Checksums of the parts, base64, if all of them have one. */
  readonly partChecksums?: readonly string[] | undefined;
  /** The multipart upload that ended with this object. */
  readonly uploadId?: string | undefined;
}

export interface DeleteMarker extends VersionHead {
  readonly deleteMarker: true;
}

export type Version = StoredObject | DeleteMarker;

export interface Part {
  readonly number: number;
  readonly blob: string;
  readonly size: number;
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  readonly lastModified: number;
}

export interface MultipartUpload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
  readonly attributes: Attributes;
  readonly checksum?: Pick<Checksum, "algorithm" | "type"> | undefined;
}

/** One change, as the journal holds it. The same entry has the change's event: neither ever exists alone. */
export type Change =
  | {
      readonly do: "put";
      readonly bucket: string;
      readonly version: Version;
      /** The multipart upload that ends; written by earlier versions, now the version names it. */
      readonly completes?: string;
      readonly event?: CloudEvent;
    }
  | {
      readonly do: "remove";
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly event?: CloudEvent;
    }
  | {
      readonly do: "tag";
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly do: "begin"; readonly upload: MultipartUpload }
  | { readonly do: "part"; readonly upload: string; readonly part: Part }
  | { readonly do: "abort"; readonly upload: string }
  | { readonly do: "event"; readonly event: CloudEvent }
  | { readonly do: "acknowledge"; readonly id: string };

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

interface BucketState {
  readonly keys: SortedKeys;
  readonly versions: Map<string, Version[]>;
}

/**
 * Opens the store of a folder, and cleans up the leftovers of a killed process.
 *
 * @throws Error if the journal cannot be read (see {@link openJournal})
 */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const blobs = openBlobs(folder);
  const buckets = new Map<string, BucketState>();
  const uploads = new Map<string, { upload: MultipartUpload; parts: Map<number, Part> }>();
  const events = new Map<string, CloudEvent>();
  const removals = new Set<Promise<void>>();
  let lastSequencer = 0n;
  let closed = false;

  const bucketState = (name: string): BucketState => {
    let state = buckets.get(name);
    if (!state) buckets.set(name, (state = { keys: new SortedKeys(), versions: new Map() }));
    return state;
  };

  /** Applies a change in memory and returns the blobs that are no longer referenced. */
  function apply(change: Change): string[] {
    if ("event" in change) events.set(change.event.id, change.event);
    switch (change.do) {
      case "put": {
        const { keys, versions } = bucketState(change.bucket);
        const { version } = change;
        const others = versions.get(version.key) ?? [];
        const replaced = others.filter(({ versionId }) => versionId === version.versionId);
        versions.set(version.key, [version, ...others.filter((other) => !replaced.includes(other))]);
        keys.add(version.key);
        const sequencer = BigInt(`0x${version.sequencer}`);
        if (sequencer > lastSequencer) lastSequencer = sequencer;
        const completes = version.deleteMarker ? undefined : (version.uploadId ?? change.completes);
        return [...replaced.flatMap(blobOf), ...(completes === undefined ? [] : endUpload(completes))];
      }
      case "remove": {
        const { keys, versions } = bucketState(change.bucket);
        const all = versions.get(change.key) ?? [];
        const left = all.filter(({ versionId }) => versionId !== change.versionId);
        if (left.length > 0) versions.set(change.key, left);
        else {
          versions.delete(change.key);
          keys.delete(change.key);
        }
        return all.filter((version) => !left.includes(version)).flatMap(blobOf);
      }
      case "tag": {
        const { versions } = bucketState(change.bucket);
        const tagged = (versions.get(change.key) ?? []).map((version) =>
          version.versionId === change.versionId && !version.deleteMarker ? { ...version, tags: change.tags } : version,
        );
        versions.set(change.key, tagged);
        return [];
      }
      case "begin":
        uploads.set(change.upload.id, { upload: change.upload, parts: new Map() });
        return [];
      case "part": {
        const parts = uploads.get(change.upload)?.parts;
        if (!parts) return [change.part.blob];
        const replaced = parts.get(change.part.number);
        parts.set(change.part.number, change.part);
        return replaced ? [replaced.blob] : [];
      }
      case "abort":
        return endUpload(change.upload);
      case "event":
        return [];
      case "acknowledge":
        events.delete(change.id);
        return [];
    }
  }

  function endUpload(id: string): string[] {
    const parts = uploads.get(id)?.parts.values() ?? [];
    uploads.delete(id);
    return [...parts].map((part) => part.blob);
  }

  /** The shortest list of changes that leads to the present state. */
  function* snapshot(): Generator<Change> {
    for (const [bucket, { versions }] of buckets) {
      for (const all of versions.values()) {
        for (const version of all.toReversed()) yield { do: "put", bucket, version };
      }
    }
    for (const { upload, parts } of uploads.values()) {
      yield { do: "begin", upload };
      for (const part of parts.values()) yield { do: "part", upload: upload.id, part };
    }
    for (const event of events.values()) yield { do: "event", event };
  }

  /** The number of changes in the snapshot. */
  function entriesAlive(): number {
    let count = uploads.size + events.size;
    for (const { versions } of buckets.values()) for (const all of versions.values()) count += all.length;
    for (const { parts } of uploads.values()) count += parts.size;
    return count;
  }

  const journal = openJournal<Change>(join(folder, "journal.jsonl"), {
    replay: (change) => void apply(change),
    size: entriesAlive,
    snapshot,
  });
  blobs.sweep(blobsInUse(buckets.values(), uploads.values()));

  const remove = (id: string): Promise<void> => {
    const removal = blobs.remove(id).finally(() => removals.delete(removal));
    removals.add(removal);
    return removal;
  };

  return {
    commit(change) {
      if (closed) throw new Error(`The store of ${folder} is closed, so ${change.do} cannot be carried out.`);
      const blob = blobOfChange(change);
      if (blob !== undefined) blobs.keep(blob);
      journal.append(change);
      for (const id of apply(change)) void remove(id);
    },
    versions: (bucket, key) => buckets.get(bucket)?.versions.get(key) ?? [],
    keys: (bucket) => bucketState(bucket).keys,
    upload: (id) => uploads.get(id),
    uploads: (bucket) => [...uploads.values()].map(({ upload }) => upload).filter((upload) => upload.bucket === bucket),
    pendingEvents: () => [...events.values()],
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

function blobOf(version: Version): string[] {
  return version.deleteMarker ? [] : [version.blob];
}

function blobOfChange(change: Change): string | undefined {
  if (change.do === "part") return change.part.blob;
  return change.do === "put" && !change.version.deleteMarker ? change.version.blob : undefined;
}

function blobsInUse(
  buckets: Iterable<BucketState>,
  uploads: Iterable<{ readonly parts: ReadonlyMap<number, Part> }>,
): Set<string> {
  const inUse = new Set<string>();
  for (const { versions } of buckets) {
    for (const version of versions.values()) for (const id of version.flatMap(blobOf)) inUse.add(id);
  }
  for (const { parts } of uploads) for (const part of parts.values()) inUse.add(part.blob);
  return inUse;
}
