import type { ReasonCode } from "../contract/reasons";
import type { UploadStatus } from "../contract/upload-status";
import type { Item } from "./dynamodb";

/** An upload's row outside the store; an attribute that the row does not have is undefined. */
export interface UploadRow {
  readonly uploadId: string;
  readonly studentId: string;
  readonly status: UploadStatus;
  /** The step that the upload has reached, or ended in. */
  readonly step?: string | undefined;
  /** The start of each step, ISO 8601, UTC, like every time here. */
  readonly steps: Readonly<Record<string, string>>;
  readonly reason?: ReasonCode | undefined;
  readonly objectKey?: string | undefined;
  /** The object's version; empty for an object of a bucket without versions. */
  readonly versionId?: string | undefined;
  readonly uploadedAt?: string | undefined;
  readonly createdAt?: string | undefined;
  readonly claimedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** The execution that the upload belongs to: every later write is conditional on it. */
  readonly executionArn?: string | undefined;
  /** The face that IndexFace put into the collection; Undo removes it. */
  readonly faceId?: string | undefined;
  /** Whether the upload is past the point at which a rival can make it yield. */
  readonly confirmed: boolean;
  /** The rival that the upload has to yield to. */
  readonly yieldedTo?: string | undefined;
  /** The refusal of the photo: on the row from before the original is deleted until the refusal is reported. */
  readonly refusal?: Refusal | undefined;
  /** The file's own name, if the sender of the photo gave it. */
  readonly fileName?: string | undefined;
  readonly email?: string | undefined;
  readonly locale?: string | undefined;
  /** The type of the event that the student was last mailed about. */
  readonly mailed?: string | undefined;
}

/** The reason of a refusal, and the step that refused. */
export interface Refusal {
  readonly step: string;
  readonly reason: string;
}

export function readUploadRow(item: Item): UploadRow {
  const text = (name: string) => item[name]?.S;
  const { step, reason } = item["refused"]?.M ?? {};
  return {
    uploadId: text("upload_id") ?? "",
    studentId: text("student_id") ?? "",
    status: (text("status") ?? "processing") as UploadStatus,
    step: text("step"),
    steps: Object.fromEntries(Object.entries(item["steps"]?.M ?? {}).map(([name, at]) => [name, at.S ?? ""])),
    reason: text("reason") as ReasonCode | undefined,
    objectKey: text("object_key"),
    versionId: text("version_id"),
    uploadedAt: text("uploaded_at"),
    createdAt: text("created_at"),
    claimedAt: text("claimed_at"),
    endedAt: text("ended_at"),
    executionArn: text("execution_arn"),
    faceId: text("face_id"),
    confirmed: item["confirmed"]?.BOOL === true,
    yieldedTo: text("yielded_to"),
    refusal: step?.S && reason?.S ? { step: step.S, reason: reason.S } : undefined,
    fileName: text("file_name"),
    email: text("email"),
    locale: text("locale"),
    mailed: text("mailed"),
  };
}
