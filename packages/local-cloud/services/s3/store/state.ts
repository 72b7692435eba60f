import type { CloudEvent } from "../../../gateway/service";
import { SortedKeys } from "./listing";
import type { Change, MultipartUpload, Part, Version } from "./model";

interface BucketState {
  readonly keys: SortedKeys;
  readonly versions: Map<string, Version[]>;
}

export interface UploadState {
  readonly upload: MultipartUpload;
  readonly parts: Map<number, Part>;
}

/** The state that the journal's changes lead to: everything but the bytes. */
export interface State {
  /** Applies a change and returns the blobs that are no longer referenced. */
  apply(change: Change): readonly string[];
  keys(bucket: string): SortedKeys;
  /** All versions of a key, newest first. */
  versions(bucket: string, key: string): readonly Version[];
  readonly uploads: ReadonlyMap<string, UploadState>;
  /** Events that nobody has acknowledged, oldest first. */
  readonly events: ReadonlyMap<string, CloudEvent>;
  /** The greatest sequencer of all versions so far. */
  lastSequencer(): bigint;
  /** The shortest list of changes that leads to the present state. */
  snapshot(): Iterable<Change>;
  /** The number of changes in the snapshot. */
  size(): number;
  blobsInUse(): Set<string>;
}

export function emptyState(): State {
  const buckets = new Map<string, BucketState>();
  const uploads = new Map<string, UploadState>();
  const events = new Map<string, CloudEvent>();
  let lastSequencer = 0n;

  const bucketState = (name: string): BucketState => {
    let state = buckets.get(name);
    if (!state) buckets.set(name, (state = { keys: new SortedKeys(), versions: new Map() }));
    return state;
  };

  function put(bucket: string, version: Version): string[] {
    const { keys, versions } = bucketState(bucket);
    const others = versions.get(version.key) ?? [];
    const replaced = others.filter(({ versionId }) => versionId === version.versionId);
    versions.set(version.key, [version, ...others.filter((other) => !replaced.includes(other))]);
    keys.add(version.key);
    const sequencer = BigInt(`0x${version.sequencer}`);
    if (sequencer > lastSequencer) lastSequencer = sequencer;
    return replaced.flatMap(blobOf);
  }

  function remove(bucket: string, key: string, versionId: string): string[] {
    const { keys, versions } = bucketState(bucket);
    const all = versions.get(key) ?? [];
    const left = all.filter((version) => version.versionId !== versionId);
    if (left.length > 0) versions.set(key, left);
    else {
      versions.delete(key);
      keys.delete(key);
    }
    return all.filter((version) => !left.includes(version)).flatMap(blobOf);
  }

  function tag({ bucket, key, versionId, tags }: Extract<Change, { do: "tag" }>): void {
    const { versions } = bucketState(bucket);
    const tagged = (versions.get(key) ?? []).map((version) =>
      version.versionId === versionId && !version.deleteMarker ? { ...version, tags } : version,
    );
    versions.set(key, tagged);
  }

  function addPart(upload: string, part: Part): string[] {
    const parts = uploads.get(upload)?.parts;
    if (!parts) return [part.blob];
    const replaced = parts.get(part.number);
    parts.set(part.number, part);
    return replaced ? [replaced.blob] : [];
  }

  function endUpload(id: string): string[] {
    const parts = uploads.get(id)?.parts.values() ?? [];
    uploads.delete(id);
    return [...parts].map((part) => part.blob);
  }

  return {
    apply(change) {
      if ("event" in change) events.set(change.event.id, change.event);
      switch (change.do) {
        case "put": {
          const { version } = change;
          const completes = version.deleteMarker ? undefined : (version.uploadId ?? change.completes);
          return [...put(change.bucket, version), ...(completes === undefined ? [] : endUpload(completes))];
        }
        case "remove":
          return remove(change.bucket, change.key, change.versionId);
        case "tag":
          tag(change);
          return [];
        case "begin":
          uploads.set(change.upload.id, { upload: change.upload, parts: new Map() });
          return [];
        case "part":
          return addPart(change.upload, change.part);
        case "abort":
          return endUpload(change.upload);
        case "event":
          return [];
        case "acknowledge":
          events.delete(change.id);
          return [];
      }
    },
    keys: (bucket) => bucketState(bucket).keys,
    versions: (bucket, key) => buckets.get(bucket)?.versions.get(key) ?? [],
    uploads,
    events,
    lastSequencer: () => lastSequencer,
    *snapshot() {
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
    },
    size() {
      let count = uploads.size + events.size;
      for (const { versions } of buckets.values()) for (const all of versions.values()) count += all.length;
      for (const { parts } of uploads.values()) count += parts.size;
      return count;
    },
    blobsInUse() {
      const inUse = new Set<string>();
      for (const { versions } of buckets.values()) {
        for (const all of versions.values()) for (const id of all.flatMap(blobOf)) inUse.add(id);
      }
      for (const { parts } of uploads.values()) for (const part of parts.values()) inUse.add(part.blob);
      return inUse;
    },
  };
}

function blobOf(version: Version): string[] {
  return version.deleteMarker ? [] : [version.blob];
}
