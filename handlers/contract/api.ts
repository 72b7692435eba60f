import type { ReasonCode } from "./reasons";
import type { UploadStatus } from "./upload-status";

/** The shapes of the HTTP API's requests and answers, for its endpoints and for those who call them. */

/**
 * The body of `POST /uploads`. An empty or null e-mail address or language counts as left out. With an invitation the
 * address is ignored, since mail goes to the invitation's alone; without one it must be of one of the school's domains.
 */
export interface UploadRequest {
  /** Optional with an invitation, which names the student. */
  readonly studentId?: string | undefined;
  /** With its extension: .jpg, .jpeg or .png. */
  readonly fileName: string;
  /** The content type that belongs to the extension. */
  readonly contentType: string;
  readonly bytes: number;
  readonly email?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** `201` of `POST /uploads`: the form that posts the photo, and the id that its outcome is read by. */
export interface IssuedUpload {
  readonly uploadId: string;
  /** The URL to POST the form to, as multipart/form-data. */
  readonly url: string;
  /** The form's fields; the file comes after them, as `file`. */
  readonly fields: Readonly<Record<string, string>>;
  /** ISO 8601, UTC: S3 refuses the form from then on. */
  readonly expiresAt: string;
}

/** The state of a step: `failed` is the step that ended the upload, `skipped` is one that therefore never ran. */
export type StepState = "waiting" | "running" | "done" | "failed" | "skipped";

export interface StepStatus {
  readonly name: string;
  readonly state: StepState;
  /** The start of the step: ISO 8601, UTC; null if it has not begun. */
  readonly at: string | null;
}

/** `200` of `GET /uploads/{uploadId}`: the state of an upload so far. */
export interface UploadState {
  readonly status: UploadStatus;
  /** The steps of the flow in the photo's order. */
  readonly steps: readonly StepStatus[];
  /** Present if it was rejected or failed. */
  readonly reason?: ReasonCode;
  /** The fault and its remedy, for people. */
  readonly message?: string;
  /** Present if it was accepted, until a newer photo of the student replaces it. */
  readonly avatar?: {
    /** By size in pixels: links that can be read for a short time. */
    readonly thumbnails: Readonly<Record<string, string>>;
    /** ISO 8601, UTC. */
    readonly processedAt: string;
  };
}

/** Every refusal: problem details (RFC 9457). */
export interface ProblemDetails {
  /** A URN that ends in the problem's name. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Seconds after which the request can be repeated, as in the header Retry-After; only if waiting helps. */
  readonly retryAfter?: number;
  /** The fields of the body that break their rules. */
  readonly errors?: readonly {
    readonly field: string;
    /** Present if the photo would be refused for it. */
    readonly reason?: ReasonCode;
    readonly message: string;
  }[];
}
