import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { createHash } from "node:crypto";
import type { ObjectCreatedEvent, Photo } from "../contract/flow-data";
import { issuedAt, makeUploadId, parseUploadKey } from "../contract/keys";
import { getUpload, type UploadRow } from "./uploads";

/** The objects below `uploads/` that are no upload. */
export type NoUpload =
  /** The key names no student. */
  | "no-student"
  /**
   * The name has the form of an uploadId, but the object is not that upload's photo: its form was posted a second time,
   * or its student has been erased since, or the server never issued it. Deleted unseen: one form would start any number
   * of uploads, and a form that outlives an erasure would bring the student back.
   */
  | "surplus";

/** Identifies an object's upload: the one that the server issued its key for, or a plain copy's own. */
export async function identify(
  dynamodb: Pick<DynamoDB, "getItem">,
  uploadTable: string,
  event: ObjectCreatedEvent,
  executionArn: string,
): Promise<Photo | NoUpload> {
  const { object } = event.detail;
  const key = parseUploadKey(object.key);
  if (key === undefined) return "no-student";
  const photo = nameless(event, key.studentId, executionArn);
  if (key.issuedId === undefined) return photo;
  const row = await getUpload(dynamodb, uploadTable, key.issuedId);
  if (isSurplus(row, key.studentId, object["version-id"])) return "surplus";
  return { ...photo, uploadId: key.issuedId, uploadedAt: issuedAt(key.issuedId).toISOString() };
}

/**
 * Whether an object under an issued key is no upload. The upload's photo is the version that was claimed, or any if none
 * was claimed yet.
 *
 * @param row the upload's row; undefined if there is none
 * @param studentId the student of the object's key
 */
export function isSurplus(row: UploadRow | undefined, studentId: string, versionId: string | undefined): boolean {
  if (row?.studentId !== studentId) return true;
  return row.versionId !== undefined && row.versionId !== (versionId ?? "");
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
