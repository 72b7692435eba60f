import type { S3 } from "@aws-sdk/client-s3";
import type { Photo } from "../contract/flow-data";
import { thumbnailFolder, thumbnailKey } from "../contract/keys";
import { namedError } from "../runtime/errors";
import { unavailable } from "../runtime/step";

/**
 * The photo bucket: originals below `uploads/`, thumbnails below `avatars/`, with versions.
 *
 *     S3 (a form, a copy) ──► original ──deleteOriginal, deleteVersion, deleteEveryVersion──► gone
 *     storeThumbnail ──► thumbnail ──deleteThumbnails, deleteEveryVersion──► gone
 *
 *   write              | by                                          | only if
 *   -------------------|---------------------------------------------|---------------------------------------------------
 *   storeThumbnail     | CreateThumbnail                             | always: the key names the upload
 *   deleteOriginal     | DeleteOriginal, Undo                        | always: the very version that was processed
 *   deleteThumbnails   | removeReplaced, Undo, Reconcile             | always: one upload's
 *   deleteVersion      | Reconcile                                   | always: one version or marker
 *   deleteEveryVersion | EraseStudent                                | always: one student's
 *
 * Every deletion is safe to repeat and succeeds if there is nothing to delete. No step overwrites an object of another
 * upload.
 */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  /** Whether a read of the key returns it. */
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  readonly bytes: number;
  readonly etag: string;
  readonly storedAt: Date;
}

/**
 * Reads the uploaded object, in the version that the event named.
 *
 * @throws NoSuchKey, NoSuchVersion if S3 has no such object, or does not have it yet: see handlers/runtime/step.ts
 */
export async function readOriginal(s3: Pick<S3, "getObject">, photo: Photo): Promise<Uint8Array> {
  try {
    const { Body: body } = await s3.getObject({ Bucket: photo.bucket, Key: photo.key, VersionId: photo.versionId });
    return (await body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if (!isHiddenAbsence(error)) throw error;
    // S3's own message has the key, which names the student.
    const [refused = "may not read it"] = /is not authorized to perform: s3:\w+/.exec((error as Error).message) ?? [];
    throw namedError("NoSuchKey", `S3 has no such object, or the function ${refused}.`, error);
  }
}

/**
 * Whether S3 refused to say that an object is missing: without the right to list the bucket, the answer is 403 instead
 * of 404. No function has that right only for a clearer answer. A key that may not be used is another fault.
 */
function isHiddenAbsence(error: unknown): boolean {
  return error instanceof Error && error.name === "AccessDenied" && !error.message.includes("kms:");
}

/** Deletes the uploaded object: the very version that was processed, so that a newer one under the key stays. */
export async function deleteOriginal(s3: Pick<S3, "deleteObject">, photo: Photo): Promise<void> {
  await s3.deleteObject({ Bucket: photo.bucket, Key: photo.key, VersionId: photo.versionId });
}

/**
 * Stores a thumbnail of an upload.
 *
 * @param size pixels of a side
 * @returns its key
 */
export async function storeThumbnail(
  s3: Pick<S3, "putObject">,
  photo: Photo,
  size: number,
  jpeg: Uint8Array,
): Promise<string> {
  const key = thumbnailKey(photo.studentId, photo.uploadId, size);
  await s3.putObject({
    Bucket: photo.bucket,
    Key: key,
    Body: jpeg,
    ContentType: "image/jpeg",
    // The key changes with every upload, so that a cached thumbnail is never out of date. Hours, not longer: the machine
    // may be a school's, which many people use, and an erased student's picture must not stay on it.
    CacheControl: "private, max-age=14400, immutable",
  });
  return key;
}

/** Reads a thumbnail; undefined if it is gone. */
export async function readThumbnail(
  s3: Pick<S3, "getObject">,
  bucket: string,
  key: string,
): Promise<Uint8Array | undefined> {
  try {
    const { Body: body } = await s3.getObject({ Bucket: bucket, Key: key });
    return await body?.transformToByteArray();
  } catch (error) {
    if (isHiddenAbsence(error) || (error as Error).name === "NoSuchKey") return undefined;
    throw error;
  }
}

/** Deletes an upload's thumbnails with all their versions. */
export async function deleteThumbnails(
  s3: Pick<S3, "listObjectVersions" | "deleteObjects">,
  bucket: string,
  studentId: string,
  uploadId: string,
): Promise<number> {
  return deleteEveryVersion(s3, bucket, thumbnailFolder(studentId, uploadId));
}

/** Deletes one version, or one delete marker, of an object. */
export async function deleteVersion(
  s3: Pick<S3, "deleteObject">,
  bucket: string,
  key: string,
  versionId: string,
): Promise<void> {
  await s3.deleteObject({ Bucket: bucket, Key: key, VersionId: versionId });
}

/**
 * Deletes every version and delete marker of the objects below a prefix: on a versioned bucket only this deletes.
 *
 * @returns the number of versions and markers
 */
export async function deleteEveryVersion(
  s3: Pick<S3, "listObjectVersions" | "deleteObjects">,
  bucket: string,
  prefix: string,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    // From the start each time: the objects of the previous page are gone by then.
    const page = await s3.listObjectVersions({ Bucket: bucket, Prefix: prefix, MaxKeys: 1000 });
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
      Key,
      VersionId,
    }));
    if (objects.length === 0) return deleted;
    const { Errors: errors = [] } = await s3.deleteObjects({
      Bucket: bucket,
      Delete: { Objects: objects, Quiet: true },
    });
    const first = errors[0];
    if (first) throw asServiceError(first.Code, `S3 did not delete ${errors.length} objects`);
    deleted += objects.length;
  }
}

/** S3 reports failures of single objects inside a successful answer. */
function asServiceError(code: string | undefined, message: string): Error {
  const transient = code === "InternalError" || code === "SlowDown" || code === "ServiceUnavailable";
  return namedError(transient ? unavailable : (code ?? "DeleteFailed"), `${message}: ${code ?? "no code"}.`);
}

/** Every version and delete marker below a prefix, 1,000 a call. */
export async function* everyVersion(
  s3: Pick<S3, "listObjectVersions">,
  bucket: string,
  prefix: string,
): AsyncGenerator<StoredVersion> {
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  for (;;) {
    const page = await s3.listObjectVersions({ Bucket: bucket, Prefix: prefix, KeyMarker, VersionIdMarker });
    const versions = (page.Versions ?? []).map((version) => ({ ...version, isMarker: false }));
    const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, isMarker: true, Size: 0, ETag: "" }));
    for (const entry of [...versions, ...markers]) {
      yield {
        key: entry.Key ?? "",
        versionId: entry.VersionId ?? "null",
        isLatest: entry.IsLatest === true,
        isMarker: entry.isMarker,
        bytes: entry.Size ?? 0,
        etag: (entry.ETag ?? "").replaceAll('"', ""),
        storedAt: entry.LastModified ?? new Date(0),
      };
    }
    if (page.IsTruncated !== true) return;
    KeyMarker = page.NextKeyMarker;
    VersionIdMarker = page.NextVersionIdMarker;
  }
}

/** Whether anything is left below a prefix, even a delete marker. */
export async function isAnythingBelow(
  s3: Pick<S3, "listObjectVersions">,
  bucket: string,
  prefix: string,
): Promise<boolean> {
  const page = await s3.listObjectVersions({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
  return (page.Versions?.length ?? 0) + (page.DeleteMarkers?.length ?? 0) > 0;
}
