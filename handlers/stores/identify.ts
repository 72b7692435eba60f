import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { ObjectCreatedEvent, Photo } from "../contract/flow-data";
import { derivedId, issuedAt, parseUploadKey } from "../contract/keys";
import { getUpload } from "./uploads";

/**
 * Finds out which upload an object is: the one that the server issued its key for, or else one of its own.
 *
 * @returns undefined when the key names no student
 */
export async function identify(
  dynamodb: Pick<DynamoDB, "getItem">,
  uploadTable: string,
  event: ObjectCreatedEvent,
  executionArn: string,
): Promise<Photo | undefined> {
  const { object } = event.detail;
  const key = parseUploadKey(object.key);
  if (key === undefined) return undefined;
  const photo = nameless(event, key.studentId, executionArn);
  if (key.issuedId === undefined) return photo;
  const row = await getUpload(dynamodb, uploadTable, key.issuedId);
  // A second object under an issued key (the form was posted twice) is an upload of its own, as a copy is.
  const isThisOne =
    row?.studentId === key.studentId && (row.versionId === undefined || row.versionId === (object["version-id"] ?? ""));
  return isThisOne ? { ...photo, uploadId: key.issuedId, uploadedAt: issuedAt(key.issuedId).toISOString() } : photo;
}

/** The object as an upload that the server did not issue. */
export function nameless(event: ObjectCreatedEvent, studentId: string, executionArn: string): Photo {
  const { bucket, object } = event.detail;
  const versionId = object["version-id"];
  return {
    bucket: bucket.name,
    key: object.key,
    ...(versionId === undefined ? {} : { versionId }),
    etag: object.etag,
    bytes: object.size,
    studentId,
    uploadId: derivedId(event),
    uploadedAt: new Date(Date.parse(event.time)).toISOString().replace(/\.\d+/, ""),
    executionArn,
  };
}
