import type { ThumbnailKeys } from "./flow-data";
import type { ReasonCode } from "./reasons";

/**
 * The event that is published to the topics. E-mail subscribers get a text for people, Vietnamese first; every other
 * subscriber gets the event as JSON. Both carry message attributes to filter by: `type`, `student_id`, and `reason` if
 * any.
 */
export type PipelineEvent = AcceptedEvent | RefusedEvent;

interface EventHead {
  /** Raised if a member changes its meaning or is removed; new members do not raise it. */
  readonly schema: "1";
  readonly studentId: string;
  readonly uploadId: string;
  /** The name under which the photo was uploaded, without its folder. */
  readonly fileName: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly executionArn: string;
}

export interface AcceptedEvent extends EventHead {
  readonly type: "avatar.accepted";
  readonly bucket: string;
  readonly thumbnails: ThumbnailKeys;
  readonly processedAt: string;
}

export interface RefusedEvent extends EventHead {
  readonly type: "avatar.rejected" | "avatar.failed";
  readonly step: string;
  readonly reason: ReasonCode;
  /** The object's key, only if it names no student: `studentId` is then `unknown`. */
  readonly key?: string;
}
