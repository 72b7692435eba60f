import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { messageOf, type Locale } from "../../../../handlers/contract/reasons";
import { getAvatar } from "../../../../handlers/stores/avatars";
import { messageOfError } from "../../system-errors";
import type { Destination } from "../../upload/clients";
import { getUpload } from "../../../../handlers/stores/uploads";
import { isStored, sendFile, storePhoto, type Outgoing } from "../../upload/send";
import { awaitEnd } from "../../upload/wait";
import type { Report, ReportRow } from "./report";
import type { SchoolPhoto } from "./source";

export interface ImportPhotoOptions {
  readonly destination: Destination;
  readonly report: Report;
  readonly locale: Locale;
  readonly signal: AbortSignal;
  /** Receives the step that the photo has reached. */
  readonly onStep: (step: string) => void;
}

/** The row of a photo that has ended. */
export type EndedRow = ReportRow & { readonly outcome: "accepted" | "rejected" | "failed" };

export interface ImportedPhoto {
  readonly row: EndedRow;
  /** Whether an earlier run already brought it to its end. */
  readonly isKnown: boolean;
}

/**
 * Processes a photo to its end, and records the outcome in the report. Work of an earlier run is not repeated: an
 * accepted or rejected photo is skipped, a sent one is waited for.
 *
 * @throws Error if the photo could not be sent or its outcome not be read; AbortError once the signal is aborted
 */
export async function importPhoto(school: SchoolPhoto, options: ImportPhotoOptions): Promise<ImportedPhoto> {
  const { destination, report, signal } = options;
  const { studentId, photo, path } = school;
  const body = await readFile(path);
  const sha256 = createHash("sha256").update(body).digest("hex");
  const known = report.find(studentId, photo, sha256);
  if (known?.outcome === "accepted" || known?.outcome === "rejected") {
    return { row: { ...known, outcome: known.outcome }, isKnown: true };
  }
  const base: ReportRow = {
    ...{ student_id: studentId, photo, sha256, pipeline: destination.target.name },
    ...{ outcome: "sent", step: "", reason: "", message: "", processed_at: "" },
    upload_id: known?.upload_id ?? "",
  };
  let uploadId = "";
  try {
    uploadId = await send({ studentId, path, body }, base, options);
    const row = await endOf({ ...base, upload_id: uploadId }, options);
    report.record(row);
    return { row, isKnown: false };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = messageOfError(error);
    report.record({ ...base, outcome: "failed", message, upload_id: uploadId || base.upload_id });
    throw error;
  }
}

/**
 * Sends a photo, unless an earlier run's upload of it is still valid.
 *
 * @returns the uploadId
 */
async function send(photo: Outgoing, base: ReportRow, { destination, report }: ImportPhotoOptions): Promise<string> {
  const before =
    base.upload_id === "" ? undefined : await getUpload(destination.dynamodb, destination.uploadTable, base.upload_id);
  if (before === undefined || before.status === "failed") {
    return sendFile(photo, destination, (uploadId) => report.record({ ...base, upload_id: uploadId }));
  }
  const { uploadId, status } = before;
  if (status === "awaiting-upload" && !(await isStored(uploadId, photo, destination))) {
    await storePhoto(uploadId, photo, destination);
  }
  return uploadId;
}

/** Waits for an upload's end, and returns the row for the report. */
async function endOf(sent: ReportRow, options: ImportPhotoOptions): Promise<EndedRow> {
  const { destination, locale } = options;
  const upload = await awaitEnd(sent.upload_id, destination, options);
  const { status, step = "", reason = "INTERNAL", endedAt = "" } = upload;
  if (status === "accepted") {
    const avatar = await getAvatar(destination.dynamodb, destination.avatarTable, sent.student_id);
    const own = avatar?.uploadId === sent.upload_id ? avatar : undefined;
    return { ...sent, outcome: "accepted", step, processed_at: own?.processedAt ?? endedAt };
  }
  const outcome = status === "rejected" ? "rejected" : "failed";
  return { ...sent, outcome, step, reason, message: messageOf(reason, locale), processed_at: endedAt };
}
