import type { ReasonCode } from "./reasons";
import type { UploadStatus } from "./upload-status";

/** The shapes of the HTTP API's requests and answers, for its endpoints and for those who call them. */

/** The body of `POST /uploads`. An e-mail address or a language that is empty or null counts as left out. */
export interface UploadRequest {
  /** May be left out by whoever holds an invitation, which names the student. */
  readonly studentId?: string | undefined;
  /** With its extension: .jpg, .jpeg or .png. */
  readonly fileName: string;
  /** The one that belongs to the extension. */
  readonly contentType: string;
  readonly bytes: number;
  readonly email?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** `201` of `POST /uploads`: how to post the photo, and under which id to ask for its outcome. */
export interface IssuedUpload {
  readonly uploadId: string;
  /** Where to POST the form, as multipart/form-data. */
  readonly url: string;
  /** The form's fields; the file comes after them, as `file`. */
  readonly fields: Readonly<Record<string, string>>;
  /** ISO 8601, UTC: after this S3 refuses the form. */
  readonly expiresAt: string;
}

/** How far a step is: `failed` is the step that ended the upload, `skipped` is one that this took with it. */
export type StepState = "waiting" | "running" | "done" | "failed" | "skipped";

export interface StepStatus {
  readonly name: string;
  readonly state: StepState;
  /** When the step began: ISO 8601, UTC; null when it did not. */
  readonly at: string | null;
}

/** `200` of `GET /uploads/{uploadId}`: what became of an upload so far. */
export interface UploadState {
  readonly status: UploadStatus;
  /** The steps of the flow in the photo's order. */
  readonly steps: readonly StepStatus[];
  /** When it was rejected or failed. */
  readonly reason?: ReasonCode;
  /** What is wrong and what to do, for people. */
  readonly message?: string;
  /** When it was accepted, as long as no newer photo of the student has replaced it. */
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
  /** The fields of the body that break their rules. */
  readonly errors?: readonly {
    readonly field: string;
    /** When the photo would be refused for it. */
    readonly reason?: ReasonCode;
    readonly message: string;
  }[];
}
