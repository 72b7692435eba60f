/**
 * The only way in which the command line sends a photo: like the upload API, it writes the upload's row first. So the
 * upload has an id before it begins, and its end is found by that id.
 */
import { randomBytes } from "node:crypto";
import { basename, extname } from "node:path";
import { makeUploadId, uploadKey, uploadPrefix } from "../../../handlers/contract/keys";
import { derivedId } from "../../../handlers/stores/identify";
import { addAwaited } from "../../../handlers/stores/uploads";
import type { Destination } from "./clients";

/** A photo in memory. */
export interface Outgoing {
  readonly studentId: string;
  /** Its name determines the file's type. */
  readonly path: string;
  readonly body: Buffer;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
};

/** The longest that a pipeline can keep an original, in days; the row gets the pipeline's own expiry once it is claimed. */
const rowDays = 3650;

/** The content type for a file's name. */
export function contentTypeOf(path: string): string {
  return contentTypes[extname(path).toLowerCase()] ?? "application/octet-stream";
}

/**
 * Sends a file. If its name is not a photo's, no upload can be issued for it: the file is sent as a plain copy, so that
 * the pipeline itself reports the fault.
 *
 * @param onNamed receives the uploadId before anything is sent
 * @returns the uploadId
 */
export async function sendFile(
  photo: Outgoing,
  destination: Destination,
  onNamed: (uploadId: string) => void = () => undefined,
): Promise<string> {
  if (!Object.hasOwn(contentTypes, extname(photo.path).toLowerCase())) return sendCopy(photo, destination);
  const { dynamodb, uploadTable } = destination;
  const now = new Date();
  const uploadId = makeUploadId(now.getTime(), randomBytes(10));
  onNamed(uploadId);
  const { studentId } = photo;
  const fileName = basename(photo.path);
  await addAwaited(dynamodb, uploadTable, { uploadId, studentId, createdAt: now, rowDays, fileName });
  await storePhoto(uploadId, photo, destination);
  return uploadId;
}

/** Stores the photo of an upload whose row exists. */
export async function storePhoto(
  uploadId: string,
  { studentId, path, body }: Outgoing,
  { s3, photoBucket }: Destination,
): Promise<void> {
  const Key = keyOf(uploadId, studentId, path);
  await s3.putObject({ Bucket: photoBucket, Key, Body: body, ContentType: contentTypeOf(path) });
}

/** Whether an upload's photo is in the bucket. */
export async function isStored(
  uploadId: string,
  { studentId, path }: Pick<Outgoing, "studentId" | "path">,
  { s3, photoBucket }: Destination,
): Promise<boolean> {
  try {
    await s3.headObject({ Bucket: photoBucket, Key: keyOf(uploadId, studentId, path) });
    return true;
  } catch (error) {
    if ((error as Error).name === "NotFound") return false;
    throw error;
  }
}

function keyOf(uploadId: string, studentId: string, path: string): string {
  return uploadKey(studentId, uploadId, extname(path).slice(1).toLowerCase());
}

/** @returns the uploadId that the pipeline derives for the copy */
async function sendCopy(
  { studentId, path, body }: Outgoing,
  { s3, photoBucket: Bucket }: Destination,
): Promise<string> {
  const Key = `${uploadPrefix}${studentId}/${basename(path)}`;
  const { VersionId, ETag = "" } = await s3.putObject({ Bucket, Key, Body: body, ContentType: contentTypeOf(path) });
  if (VersionId === undefined) {
    throw new Error(`The bucket ${Bucket} keeps no versions, which the pipeline needs; switch versioning on.`);
  }
  const object = { key: Key, size: body.length, etag: ETag.replaceAll('"', ""), "version-id": VersionId };
  return derivedId({ time: "", detail: { bucket: { name: Bucket }, object } });
}
