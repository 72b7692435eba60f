import { randomUUID } from "node:crypto";

import type { CloudEvent, CloudIdentity } from "../../../gateway/service";
import type { S3Options } from "../options";
import type { Store, Version } from "./index";

/** The operation that made an object, in S3's words. */
export type CreationReason = "PutObject" | "POST Object" | "CopyObject" | "CompleteMultipartUpload";

/** The requester of a change, and the request's id. */
export interface Cause {
  readonly requestId: string;
  /** The account of the caller. */
  readonly requester: string;
}

/** Events in the shape that S3 sends to EventBridge ("Object Created", "Object Deleted"; detail version 0). */
export function createdEvent(
  identity: CloudIdentity,
  bucket: string,
  version: Version,
  reason: CreationReason,
  cause: Cause,
): CloudEvent {
  return event(identity, "Object Created", bucket, version, cause, { reason });
}

/**
 * @param version the deleted version, or the delete marker that now hides the object
 * @param sequencer of the deletion, which for a removed version is later than the version's own
 */
export function deletedEvent(
  identity: CloudIdentity,
  bucket: string,
  version: Version,
  kind: "Permanently Deleted" | "Delete Marker Created",
  cause: Cause & { readonly sequencer: string; readonly at: Date },
): CloudEvent {
  const lastModified = Math.floor(cause.at.getTime() / 1000) * 1000;
  return event(identity, "Object Deleted", bucket, { ...version, sequencer: cause.sequencer, lastModified }, cause, {
    reason: "DeleteObject",
    "deletion-type": kind,
  });
}

function event(
  identity: CloudIdentity,
  type: "Object Created" | "Object Deleted",
  bucket: string,
  version: Version,
  cause: Cause,
  detail: Record<string, string>,
): CloudEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": type,
    source: "aws.s3",
    account: identity.accountId,
    time: new Date(version.lastModified).toISOString().replace(/\.\d{3}/, ""),
    region: identity.region,
    resources: [`arn:${identity.partition}:s3:::${bucket}`],
    detail: {
      version: "0",
      bucket: { name: bucket },
      object: {
        // The key itself: unlike in S3's notifications to SNS, SQS and Lambda, it is not URL-encoded here.
        key: version.key,
        ...(type === "Object Created" && !version.deleteMarker ? { size: version.size } : {}),
        etag: version.deleteMarker ? emptyMd5 : version.etag,
        ...(version.versionId === "null" ? {} : { "version-id": version.versionId }),
        sequencer: version.sequencer,
      },
      "request-id": cause.requestId,
      requester: cause.requester,
      "source-ip-address": "127.0.0.1",
      ...detail,
    },
  };
}

/** S3's ETag of a delete marker. */
const emptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

const firstRetry = 1_000;
const lastRetry = 60_000;

/** Hands events over until they are acknowledged. */
export interface Outbox {
  /** Emits an event that has just become durable. Never throws. */
  deliver(event: CloudEvent): void;
  /** Emits the events that earlier runs left. */
  start(): void;
  /** Stops emitting; unacknowledged events stay for the next run. */
  close(): void;
}

export function openOutbox(store: Store, emit: S3Options["emit"]): Outbox {
  const left = store.pendingEvents();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  async function attempt(event: CloudEvent, wait: number): Promise<void> {
    try {
      await emit(event);
    } catch {
      if (closed) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        void attempt(event, Math.min(wait * 2, lastRetry));
      }, wait);
      timers.add(timer);
      return;
    }
    try {
      store.commit({ do: "acknowledge", id: event.id });
    } catch {
      // Closed meanwhile, or the disk is full: the next run emits it once more, which "at least once" allows.
    }
  }

  return {
    deliver(event) {
      if (!closed) void attempt(event, firstRetry);
    },
    start() {
      for (const event of left) void attempt(event, firstRetry);
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
