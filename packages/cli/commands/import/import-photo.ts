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
  /** Receives the step that the photo has come to. */
  readonly onStep: (step: string) => void;
}

/** Of a photo that has come to its end. */
export type EndedRow = ReportRow & { readonly outcome: "accepted" | "rejected" | "failed" };

export interface ImportedPhoto {
  readonly row: EndedRow;
  /** Whether an earlier run had it already. */
  readonly isKnown: boolean;
}

/**
 * Takes a photo to its end, and records that in the report. What an earlier run knows of it is not done again: a photo
 * that was accepted or rejected is left, one that was sent is waited for.
 *
 * @throws Error when it could not be sent or its end not be learned; AbortError once the signal is given
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
 * Sends a photo, unless the upload that an earlier run made of it is still good.
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

/** Waits for an upload's end, and gives it as the report has it. */
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
