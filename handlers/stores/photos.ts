import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { namedError } from "../runtime/errors";
import type { Photo } from "../contract/flow-data";
import { everyFace } from "./inventory";
import { parseExternalImageId, thumbnailFolder } from "../contract/keys";
import { unavailable } from "../runtime/step";

/**
 * Removing what an upload left: each is safe to repeat and content to find nothing.
 */

/** Deletes every version and delete marker of the objects below a prefix: on a versioned bucket nothing less deletes. */
export async function deleteEveryVersion(
  s3: Pick<S3, "listObjectVersions" | "deleteObjects">,
  bucket: string,
  prefix: string,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    // From the start each time: what the page before held is gone by then.
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
    if (first) throw asServiceError(first.Code, `S3 did not delete ${errors.length} objects below ${prefix}`);
    deleted += objects.length;
  }
}

/** S3 reports failures of single objects inside a successful answer. */
function asServiceError(code: string | undefined, message: string): Error {
  const transient = code === "InternalError" || code === "SlowDown" || code === "ServiceUnavailable";
  return namedError(transient ? unavailable : (code ?? "DeleteFailed"), `${message}: ${code ?? "no code"}.`);
}

/** Deletes an upload's thumbnails, all versions. */
export async function deleteThumbnails(
  s3: Pick<S3, "listObjectVersions" | "deleteObjects">,
  bucket: string,
  studentId: string,
  uploadId: string,
): Promise<number> {
  return deleteEveryVersion(s3, bucket, thumbnailFolder(studentId, uploadId));
}

/** Deletes the uploaded object: the very version that was processed, so that a newer one under the key stays. */
export async function deleteOriginal(s3: Pick<S3, "deleteObject">, photo: Photo): Promise<void> {
  await s3.deleteObject({
    Bucket: photo.bucket,
    Key: photo.key,
    ...(photo.versionId === undefined ? {} : { VersionId: photo.versionId }),
  });
}

/** Deletes faces from the collection; a face that is not there counts as deleted. */
export async function deleteFaces(
  rekognition: Pick<Rekognition, "deleteFaces">,
  collectionId: string,
  faceIds: readonly string[],
): Promise<void> {
  for (let i = 0; i < faceIds.length; i += 4096) {
    const { UnsuccessfulFaceDeletions: failures = [] } = await rekognition.deleteFaces({
      CollectionId: collectionId,
      FaceIds: faceIds.slice(i, i + 4096),
    });
    const left = failures.filter(({ Reasons }) => !(Reasons ?? []).includes("FACE_NOT_FOUND"));
    if (left.length > 0) {
      const why = left.flatMap(({ Reasons }) => Reasons ?? []).join(", ");
      throw namedError("FaceNotDeleted", `Rekognition did not delete ${left.length} faces: ${why}.`);
    }
  }
}

/**
 * Finds the faces that an upload put into the collection, by listing all of it: the one way to learn of a face whose
 * id was never recorded that does not depend on how fresh a search is. Rare (a function died between IndexFaces and
 * its record) and 4,096 faces a call.
 */
export async function findFacesOf(
  rekognition: Pick<Rekognition, "listFaces">,
  collectionId: string,
  uploadId: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { faceId, name } of everyFace(rekognition, collectionId)) {
    if (parseExternalImageId(name)?.uploadId === uploadId) found.push(faceId);
  }
  return found;
}
