import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { createHash } from "node:crypto";
import type { ObjectCreatedEvent, Photo } from "../contract/flow-data";
import { issuedAt, makeUploadId, parseUploadKey } from "../contract/keys";
import { getUpload } from "./uploads";

/**
 * Identifies an object's upload: the one that the server issued its key for, or else an upload of its own.
 *
 * @returns undefined if the key names no student
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
  // A second object under an issued key (the form was posted twice) is an upload of its own, like a copy.
  const isThisOne =
    row?.studentId === key.studentId && (row.versionId === undefined || row.versionId === (object["version-id"] ?? ""));
  return isThisOne ? { ...photo, uploadId: key.issuedId, uploadedAt: issuedAt(key.issuedId).toISOString() } : photo;
}

/** The object as an upload that the server did not issue. */
export function nameless(event: ObjectCreatedEvent, studentId: string, executionArn: string): Photo {
  const { bucket, object } = event.detail;
  return {
    bucket: bucket.name,
    key: object.key,
    versionId: object["version-id"],
    etag: object.etag,
    bytes: object.size,
    studentId,
    uploadId: derivedId(event),
    uploadedAt: new Date(Date.parse(event.time)).toISOString().replace(/\.\d+/, ""),
    executionArn,
  };
}

/**
 * The uploadId of an object that the server did not name. It depends only on bucket, key and version, so that an event,
 * its repetition, a dead letter and a reconciliation all derive the same one. It carries no time, because those sources
 * report different times: S3's event says when the object was stored, its listing when storing began.
 *
 * In a bucket without versions the time replaces the version: otherwise a file that is stored a second time would count
 * as the first.
 */
export function derivedId({ time, detail: { bucket, object } }: Pick<ObjectCreatedEvent, "time" | "detail">): string {
  const version = object["version-id"];
  const named = [bucket.name, object.key, ...(version === undefined ? [object.etag, time] : [version])];
  return makeUploadId(0, createHash("sha256").update(JSON.stringify(named)).digest());
}
