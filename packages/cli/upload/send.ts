import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { IssuedUpload, ProblemDetails } from "../../../handlers/contract/api";
import { getAvatar, type AvatarRow } from "../../../handlers/stores/avatars";
import { everyItem } from "../../../handlers/stores/inventory";
import { uploadPrefix } from "../../../handlers/contract/keys";
import { messageOf, type Locale, type ReasonCode } from "../../../handlers/contract/reasons";
import { getUpload, readUploadRow, type UploadRow } from "../../../handlers/stores/uploads";
import { removeCopy, writeCopy } from "../target/copies";
import type { PhotoFile } from "./photos";
import type { OpenService } from "../target/service";
import { messageOfError } from "../system-errors";

/** What became of one photo: the contract's line, in the order of its keys. */
export interface Outcome {
  readonly file: string;
  readonly studentId: string;
  /** Null when it failed before it had one. */
  readonly uploadId: string | null;
  readonly outcome: "accepted" | "rejected" | "failed";
  /** The step that ended it. */
  readonly step: string | null;
  readonly reason: ReasonCode | null;
  /** What is wrong and what to do; null when accepted. */
  readonly message: string | null;
  /** By size in pixels: files on this disk. */
  readonly thumbnails: Readonly<Record<string, string>>;
  readonly faceId: string | null;
  /** ISO 8601, UTC. */
  readonly processedAt: string | null;
  /** From the upload's beginning to its end. */
  readonly milliseconds: number;
}

export interface SubmitOptions {
  readonly service: OpenService;
  readonly s3: S3;
  readonly dynamodb: DynamoDB;
  /** The folder for thumbnails. */
  readonly data: string;
  readonly email?: string;
  readonly locale: Locale;
  /** Told of the step that the photo has come to. */
  readonly onStep?: (step: string) => void;
  readonly signal?: AbortSignal;
}

const POLL_MS = 40;
/** So often nothing may be pending before a photo counts as lost: an event may be on its way from bucket to bus. */
const QUIET_POLLS = 25;
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
};

/**
 * Uploads a photo, waits for its end, and fetches its thumbnails. Whatever goes wrong on the way is the photo's outcome
 * `failed`, with the cause in its message.
 *
 * @returns undefined when the signal was given meanwhile
 */
export async function submit(photo: PhotoFile, options: SubmitOptions): Promise<Outcome | undefined> {
  const { dynamodb, service, signal } = options;
  const started = performance.now();
  let uploadId: string | null = null;
  const outcome = (rest: Omit<Outcome, "file" | "studentId" | "uploadId" | "milliseconds">): Outcome => {
    const milliseconds = Math.round(performance.now() - started);
    return { file: photo.file, studentId: photo.studentId, uploadId, ...rest, milliseconds };
  };
  const nothing = { thumbnails: {}, faceId: null, processedAt: null };
  try {
    uploadId = await upload(photo, options);
    const row = await outcomeOf(uploadId, options);
    const step = row?.step ?? null;
    if (row?.status !== "accepted") {
      // Without a row that says how it ended, it is a fault of the pipeline: INTERNAL is the catalogue's word for that.
      const reason = row?.reason ?? "INTERNAL";
      const ended = row?.status === "rejected" ? "rejected" : "failed";
      return outcome({ outcome: ended, step, reason, message: messageOf(reason, options.locale), ...nothing });
    }
    const avatar = await getAvatar(dynamodb, service.pipeline.avatarTable, photo.studentId);
    const accepted = { outcome: "accepted", step, reason: null, message: null } as const;
    // It may have been replaced already.
    if (avatar?.uploadId !== uploadId) return outcome({ ...accepted, ...nothing });
    const { faceId, processedAt } = avatar;
    const thumbnails = await fetchThumbnails(photo.studentId, avatar, options);
    return outcome({ ...accepted, thumbnails, faceId, processedAt });
  } catch (error) {
    if (signal?.aborted) return undefined;
    const message = await faultOf(error, service);
    return outcome({ outcome: "failed", step: null, reason: "INTERNAL", message, ...nothing });
  }
}

/** What went wrong beside the pipeline's own ways to tell: above all that the local mode has ended meanwhile. */
async function faultOf(error: unknown, service: OpenService): Promise<string> {
  if (await service.isThere()) return messageOfError(error);
  return (
    `The local mode at ${service.url} does not answer any more. Start it again on the same data folder, where what had ` +
    "reached it goes on, and process the photo again."
  );
}

/**
 * By the page's own way when there is an address to keep with it, which only the API can do; else, and when the API
 * does not take a file of this kind, as a plain copy, so that the pipeline itself says what is wrong with it.
 *
 * @returns the uploadId
 */
async function upload(photo: PhotoFile, options: SubmitOptions): Promise<string> {
  const body = await readFile(photo.path);
  if (options.email !== undefined) {
    const issued = await issue(photo, options.email, options);
    if (issued) {
      await postForm(issued, body);
      return issued.uploadId;
    }
  }
  const { s3, service } = options;
  const Bucket = service.pipeline.photoBucket;
  const Key = `${uploadPrefix}${photo.studentId}/${basename(photo.path)}`;
  const ContentType = CONTENT_TYPES[extname(photo.path).toLowerCase()] ?? "application/octet-stream";
  const { VersionId = "" } = await s3.putObject({ Bucket, Key, Body: body, ContentType });
  return claimedId(Key, VersionId, options);
}

/**
 * The id under which the pipeline has taken a copied object.
 *
 * @throws Error when nothing has taken it
 */
async function claimedId(
  key: string,
  versionId: string,
  { dynamodb, service, signal }: SubmitOptions,
): Promise<string> {
  let quiet = 0;
  for (;;) {
    signal?.throwIfAborted();
    const pending = await service.pending();
    const rows = everyItem(dynamodb, service.pipeline.uploadTable, { attribute: "object_key", text: key });
    for await (const item of rows) {
      const row = readUploadRow(item);
      if (row.versionId === versionId) return row.uploadId;
    }
    quiet = pending === 0 ? quiet + 1 : 0;
    if (quiet >= QUIET_POLLS) {
      throw new Error(`${key} was stored, and nothing took it; the executions and logs of the local mode say why.`);
    }
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
}

/** Asks the upload API for a form; undefined when it does not take such a file. */
async function issue(photo: PhotoFile, email: string, options: SubmitOptions): Promise<IssuedUpload | undefined> {
  const { apiUrl } = options.service.pipeline;
  if (apiUrl === undefined) {
    throw new Error("--email needs the upload API, and the program declares none (site.enabled is false).");
  }
  const response = await fetch(`${apiUrl}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": options.locale },
    body: JSON.stringify({
      studentId: photo.studentId,
      fileName: basename(photo.path),
      contentType: CONTENT_TYPES[extname(photo.path).toLowerCase()] ?? "application/octet-stream",
      bytes: photo.bytes,
      email,
      locale: options.locale,
    }),
  });
  if (response.ok) return (await response.json()) as IssuedUpload;
  const problem = (await response.json()) as Partial<ProblemDetails>;
  if (response.status === 400 || response.status === 422) {
    if (problem.errors?.some(({ reason }) => reason !== undefined)) return undefined;
  }
  const why = problem.detail ?? problem.title ?? "no reason given";
  const invited = response.status === 401 ? " Without --email it needs no invitation: leave that out." : "";
  throw new Error(`The upload API refused it (${response.status}): ${why}${invited}`);
}

async function postForm({ url, fields }: IssuedUpload, body: Buffer): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(body)]));
  const response = await fetch(url, { method: "POST", body: form });
  if (!response.ok) throw new Error(`The upload was refused (${response.status}): ${await response.text()}`);
}

/** The upload's row once it has ended; what there is of it when nothing runs any more and it has not. */
async function outcomeOf(uploadId: string, options: SubmitOptions): Promise<UploadRow | undefined> {
  const { dynamodb, service, onStep, signal } = options;
  const { uploadTable } = service.pipeline;
  let step: string | undefined;
  let quiet = 0;
  for (;;) {
    signal?.throwIfAborted();
    // Asked before the row: were it the other way, a photo that ends in between would count as lost.
    const pending = await service.pending();
    const row = await getUpload(dynamodb, uploadTable, uploadId);
    if (row && ["accepted", "rejected", "failed"].includes(row.status)) return row;
    if (row?.step !== undefined && row.step !== step) onStep?.((step = row.step));
    quiet = pending === 0 ? quiet + 1 : 0;
    if (quiet >= QUIET_POLLS) return row;
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
}

/** Copies an avatar's thumbnails into the data folder; none, when it is replaced or erased meanwhile. */
async function fetchThumbnails(
  studentId: string,
  { uploadId, thumbnails }: AvatarRow,
  { data, dynamodb, s3, service }: SubmitOptions,
): Promise<Record<string, string>> {
  const { avatarTable, photoBucket: Bucket } = service.pipeline;
  const sizes = Object.entries(thumbnails).sort(([a], [b]) => Number(a) - Number(b));
  try {
    const copies: [size: string, path: string][] = [];
    for (const [size, Key] of sizes) {
      const { Body } = await s3.getObject({ Bucket, Key });
      copies.push([size, writeCopy(data, Key, (await Body?.transformToByteArray()) ?? new Uint8Array())]);
    }
    // The row goes before the objects do, so that a copy made of an object that has gone is found out here.
    const now = await getAvatar(dynamodb, avatarTable, studentId);
    if (now?.uploadId === uploadId) return Object.fromEntries(copies);
  } catch (error) {
    if ((error as Error).name !== "NoSuchKey") throw error;
  }
  for (const [, key] of sizes) removeCopy(data, key);
  return {};
}
