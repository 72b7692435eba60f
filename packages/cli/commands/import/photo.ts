import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getAvatar } from "../../../../handlers/stores/avatars";
import { makeUploadId, uploadKey } from "../../../../handlers/contract/keys";
import { reasons, type Locale } from "../../../../handlers/contract/reasons";
import { readUploadRow, type UploadRow } from "../../../../handlers/stores/uploads";
import type { Report, ReportRow } from "./report";
import type { SchoolPhoto } from "./source";
import type { ImportTarget } from "../../target/target";
import { messageOfError } from "../../system-errors";

export interface ImportPhotoOptions {
  readonly target: ImportTarget;
  readonly report: Report;
  /** As the report calls it. */
  readonly pipeline: string;
  readonly locale: Locale;
  readonly signal: AbortSignal;
  /** Told of the step that the photo has come to. */
  readonly onStep: (step: string) => void;
}

/** Of a photo that has come to its end. */
export type EndedRow = ReportRow & { readonly outcome: "accepted" | "rejected" | "failed" };

export interface ImportedPhoto {
  readonly row: EndedRow;
  /** Whether an earlier run had it already. */
  readonly isKnown: boolean;
}

/** A row of the uploads table, and when the upload ended; ISO 8601, UTC. */
type Upload = UploadRow & { readonly endedAt: string };

/** An execution may retry for hours under throttling; the next run looks what came of the photo. */
const WAIT_MINUTES = 15;
/** So often nothing may be pending before a photo counts as lost: an event may be on its way from bucket to bus. */
const QUIET_POLLS = 25;
/** As the upload API has it: EventBridge delivers an event for up to 24 hours. */
const AWAITING_SECONDS = 2 * 86_400;

/**
 * Takes a photo to its end, and records that in the report. What an earlier run knows of it is not done again: a photo
 * that was accepted or rejected is left, one that was sent is waited for.
 *
 * @throws Error when it could not be sent or its end not be learned; AbortError once the signal is given
 */
export async function importPhoto(school: SchoolPhoto, options: ImportPhotoOptions): Promise<ImportedPhoto> {
  const { report, pipeline } = options;
  const { studentId, photo } = school;
  const body = await readFile(school.path);
  const sha256 = createHash("sha256").update(body).digest("hex");
  const known = report.find(studentId, photo, sha256);
  if (known?.outcome === "accepted" || known?.outcome === "rejected") {
    return { row: { ...known, outcome: known.outcome }, isKnown: true };
  }
  const base: ReportRow = {
    student_id: studentId,
    photo,
    outcome: "sent",
    step: "",
    reason: "",
    message: "",
    upload_id: known?.upload_id ?? "",
    processed_at: "",
    sha256,
    pipeline,
  };
  let uploadId = "";
  try {
    uploadId = await send(school, { ...options, body, base });
    const row = await endOf({ ...base, upload_id: uploadId }, options);
    report.record(row);
    return { row, isKnown: false };
  } catch (error) {
    if (options.signal.aborted) throw error;
    const message = messageOfError(error);
    report.record({ ...base, outcome: "failed", message, upload_id: uploadId || base.upload_id });
    throw error;
  }
}

interface Sending extends ImportPhotoOptions {
  readonly body: Buffer;
  readonly base: ReportRow;
}

/**
 * Sends a photo, unless the upload that an earlier run made of it is still good.
 *
 * Its row is put first, as the upload API does: so the upload has an id before it has begun, and its end is found by
 * that id and not by going through all rows.
 *
 * @returns the uploadId
 */
async function send(school: SchoolPhoto, { target, report, body, base }: Sending): Promise<string> {
  const { s3, dynamodb, names } = target;
  const { studentId, path } = school;
  const extension = extname(path).slice(1).toLowerCase();
  const put = async (uploadId: string): Promise<string> => {
    await s3.putObject({
      Bucket: names.photoBucket,
      Key: uploadKey(studentId, uploadId, extension),
      Body: body,
      ContentType: extension === "png" ? "image/png" : "image/jpeg",
    });
    return uploadId;
  };
  const before = base.upload_id === "" ? undefined : await findUpload(target, base.upload_id);
  if (before !== undefined && before.status !== "failed") {
    if (before.status !== "awaiting-upload") return before.uploadId;
    const Key = uploadKey(studentId, before.uploadId, extension);
    const isStored = await s3.headObject({ Bucket: names.photoBucket, Key }).then(
      () => true,
      (error: unknown) => {
        if ((error as Error).name === "NotFound") return false;
        throw error;
      },
    );
    return isStored ? before.uploadId : put(before.uploadId);
  }
  const now = Date.now();
  const uploadId = makeUploadId(now, randomBytes(10));
  report.record({ ...base, upload_id: uploadId });
  await dynamodb.putItem({
    TableName: names.uploadTable,
    Item: {
      upload_id: { S: uploadId },
      student_id: { S: studentId },
      status: { S: "awaiting-upload" },
      created_at: { S: new Date(now).toISOString() },
      expires_at: { N: String(Math.floor(now / 1000) + AWAITING_SECONDS) },
    },
  });
  return put(uploadId);
}

/** Waits for an upload's end, and tells it as the report does. */
async function endOf(sent: ReportRow, options: ImportPhotoOptions): Promise<EndedRow> {
  const { target, locale } = options;
  const upload = await outcomeOf(sent.upload_id, options);
  const { status, step = "", endedAt: processed_at } = upload;
  if (status === "accepted") {
    const avatar = await getAvatar(target.dynamodb, target.names.avatarTable, sent.student_id);
    const own = avatar?.uploadId === sent.upload_id ? avatar : undefined;
    return { ...sent, outcome: "accepted", step, processed_at: own?.processedAt ?? processed_at };
  }
  const reason = upload.reason ?? "INTERNAL";
  const { title, remedy } = reasons[reason];
  const message = `${title[locale]}. ${remedy[locale]}`;
  return { ...sent, outcome: status === "rejected" ? "rejected" : "failed", step, reason, message, processed_at };
}

/** @throws Error when the upload has not ended in time, or never will by itself */
async function outcomeOf(uploadId: string, { target, signal, onStep }: ImportPhotoOptions): Promise<Upload> {
  const deadline = Date.now() + WAIT_MINUTES * 60_000;
  let quiet = 0;
  for (;;) {
    signal.throwIfAborted();
    // Asked before the row: were it the other way, a photo that ends in between would count as lost.
    const pending = await target.pending?.();
    const upload = await findUpload(target, uploadId);
    if (upload && ["accepted", "rejected", "failed"].includes(upload.status)) return upload;
    if (upload?.step !== undefined) onStep(upload.step);
    quiet = pending === 0 ? quiet + 1 : 0;
    if (quiet >= QUIET_POLLS || Date.now() > deadline) {
      const how = upload === undefined ? "it has no record any more" : `it is ${upload.status}`;
      const time = quiet >= QUIET_POLLS ? "and nothing works on it" : `after ${WAIT_MINUTES} minutes`;
      throw new Error(
        `The upload ${uploadId} has not ended ${time}: ${how}. ` +
          "avatar-pipeline reconcile --fix starts what was lost; then run the same import again.",
      );
    }
    await sleep(target.pollMilliseconds, undefined, { signal });
  }
}

async function findUpload({ dynamodb, names }: ImportTarget, uploadId: string): Promise<Upload | undefined> {
  const { Item } = await dynamodb.getItem({
    TableName: names.uploadTable,
    Key: { upload_id: { S: uploadId } },
    ConsistentRead: true,
  });
  return Item && { ...readUploadRow(Item), endedAt: Item["ended_at"]?.S ?? "" };
}
