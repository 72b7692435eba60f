import { createHash } from "node:crypto";
import { s3Error } from "../wire/errors";
import { checkVersionId, type Core, type Exchange } from "../wire/exchange";
import type { Checksum } from "../wire/checksums";
import type { DeclaredBucket } from "../options";
import { createdEvent, deletedEvent, type Cause, type CreationReason } from "./events";
import type { Attributes, StoredObject, Version } from "./index";

/** The changes of a bucket: each is one journal entry together with its event, and counts once that is written. */

/** Bytes that have arrived and belong to no object yet. */
export interface Received {
  readonly blob: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/**
 * Streams data into the store.
 *
 * @throws CloudError EntityTooLarge, EntityTooSmall; and errors of the chunks. Nothing is left then.
 */
export async function receive(
  core: Core,
  chunks: AsyncIterable<Buffer>,
  range: { readonly min?: number; readonly max: number },
): Promise<Received> {
  const hash = createHash("md5");
  let size = 0;
  async function* measured() {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > range.max) {
        throw s3Error("EntityTooLarge", { ProposedSize: String(size), MaxSizeAllowed: String(range.max) });
      }
      hash.update(chunk);
      yield chunk;
    }
    if (range.min !== undefined && size < range.min) {
      throw s3Error("EntityTooSmall", { ProposedSize: String(size), MinSizeAllowed: String(range.min) });
    }
  }
  const blob = await core.store.receive(measured());
  return { blob, size, md5: hash.digest("hex") };
}

/** Processes received bytes, and discards them if that fails. */
export async function using<Result>(core: Core, blob: string, use: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    await core.store.discard(blob);
    throw error;
  }
}

/** The requester of a change: S3 names the caller's account. */
export function causeOf(exchange: Pick<Exchange, "core" | "request">, caller = exchange.request.caller): Cause {
  return {
    requestId: exchange.request.id,
    requester: caller.kind === "anonymous" ? "anonymous" : exchange.core.options.identity.accountId,
  };
}

export interface NewObject {
  readonly key: string;
  readonly blob: string;
  readonly size: number;
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  readonly parts?: readonly number[];
  readonly attributes: Attributes;
  readonly partChecksums?: readonly string[] | undefined;
  /** The multipart upload that ends with this object. */
  readonly uploadId?: string;
}

/** Makes received bytes the current object of their key, and emits its event. */
export function addObject(
  core: Core,
  bucket: DeclaredBucket,
  object: NewObject,
  reason: CreationReason,
  cause: Cause,
): StoredObject {
  const { attributes, ...rest } = object;
  const version: StoredObject = {
    ...versionHead(core, bucket, object.key),
    ...rest,
    ...attributes,
    deleteMarker: false,
  };
  change(core, bucket, {
    do: "put",
    version,
    event: createdEvent(core.options.identity, bucket.name, version, reason, cause),
  });
  return version;
}

/** The result of a deletion, as its answer reports it. */
export interface Deletion {
  /** The version removed, or the marker made; `undefined` if the bucket has no versions. */
  readonly versionId?: string;
  /** Whether a marker was made, or removed. */
  readonly deleteMarker: boolean;
}

/**
 * Deletes as S3 does: with a version id that version for good; without, by a delete marker if the bucket is versioned,
 * otherwise for good. A missing object counts as deleted.
 */
export function deleteObject(
  core: Core,
  bucket: DeclaredBucket,
  key: string,
  versionId: string | undefined,
  cause: Cause,
): Deletion {
  if (versionId === undefined && bucket.versioned) {
    const marker: Version = { ...versionHead(core, bucket, key), deleteMarker: true };
    const at = core.now();
    const event = deletedEvent(core.options.identity, bucket.name, marker, "Delete Marker Created", {
      ...cause,
      sequencer: marker.sequencer,
      at,
    });
    change(core, bucket, { do: "put", version: marker, event });
    return { versionId: marker.versionId, deleteMarker: true };
  }
  if (versionId !== undefined) checkVersionId(versionId);
  const id = versionId ?? "null";
  const version = core.store.versions(bucket.name, key).find((candidate) => candidate.versionId === id);
  if (version) {
    const at = core.now();
    const sequencer = core.store.newSequencer(at);
    const event = deletedEvent(core.options.identity, bucket.name, version, "Permanently Deleted", {
      ...cause,
      sequencer,
      at,
    });
    change(core, bucket, { do: "remove", key, versionId: id, event });
  }
  return { ...(versionId === undefined ? {} : { versionId }), deleteMarker: version?.deleteMarker ?? false };
}

type BucketChange =
  | {
      readonly do: "put";
      readonly version: Version;
      readonly event: ReturnType<typeof createdEvent>;
    }
  | {
      readonly do: "remove";
      readonly key: string;
      readonly versionId: string;
      readonly event: ReturnType<typeof createdEvent>;
    };

function change(core: Core, bucket: DeclaredBucket, what: BucketChange): void {
  const { event, ...bare } = what;
  if (!bucket.eventBridge) {
    core.store.commit({ ...bare, bucket: bucket.name });
    return;
  }
  core.store.commit({ ...bare, bucket: bucket.name, event });
  core.outbox.deliver(event);
}

function versionHead(core: Core, bucket: DeclaredBucket, key: string) {
  const now = core.now();
  return {
    key,
    versionId: bucket.versioned ? core.store.newVersionId() : "null",
    sequencer: core.store.newSequencer(now),
    lastModified: Math.floor(now.getTime() / 1000) * 1000,
  };
}
