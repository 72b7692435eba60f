import { createHash } from "node:crypto";
import type { ObjectCreatedEvent } from "./flow-data";
import { isStudentId } from "./student";

export { isStudentId };

/**
 * The keys and ids of the contract: everything the flow needs can be read from an upload's key alone.
 *
 *   uploads/{studentId}/{uploadId}.{jpg|jpeg|png}   issued by the server
 *   uploads/{studentId}/any name at all.jpg         a plain copy; its uploadId is derived
 *   avatars/{studentId}/{uploadId}/{size}.jpg       thumbnails
 */

export const uploadPrefix = "uploads/";
export const avatarPrefix = "avatars/";

const uploadIdPattern = /^[0-9A-HJKMNP-TV-Z]{26}$/;

export interface UploadKey {
  readonly studentId: string;
  /** The name's stem when it has the form of an uploadId: whether it is one, the uploads table tells. */
  readonly issuedId?: string;
  /** In lower case, without the dot; empty when there is none. */
  readonly extension: string;
}

export function isUploadId(text: string): boolean {
  return uploadIdPattern.test(text);
}

/** Reads an upload's key; undefined when it is not `uploads/{studentId}/{file name}`. */
export function parseUploadKey(key: string): UploadKey | undefined {
  const match = /^uploads\/([^/]+)\/(.+)$/s.exec(key);
  const studentId = match?.[1];
  const name = match?.[2];
  if (studentId === undefined || name === undefined || !isStudentId(studentId)) return undefined;
  const dot = name.lastIndexOf(".");
  const stem = dot < 0 ? name : name.slice(0, dot);
  return {
    studentId,
    extension: dot < 0 ? "" : name.slice(dot + 1).toLowerCase(),
    ...(isUploadId(stem) ? { issuedId: stem } : {}),
  };
}

export function uploadKey(studentId: string, uploadId: string, extension: string): string {
  return `uploads/${studentId}/${uploadId}.${extension}`;
}

/** The folder of one upload's thumbnails, with its final slash. */
export function thumbnailFolder(studentId: string, uploadId: string): string {
  return `avatars/${studentId}/${uploadId}/`;
}

export function thumbnailKey(studentId: string, uploadId: string, size: number): string {
  return `avatars/${studentId}/${uploadId}/${size}.jpg`;
}

/** The face's name in the collection; Rekognition allows `[a-zA-Z0-9_.\-:]`, up to 255 characters. */
export function externalImageId(studentId: string, uploadId: string): string {
  return `${studentId}:${uploadId}`;
}

/** Reads a face's name; undefined when it was not made by this pipeline. */
export function parseExternalImageId(id: string): { studentId: string; uploadId: string } | undefined {
  const colon = id.lastIndexOf(":");
  const studentId = id.slice(0, colon);
  const uploadId = id.slice(colon + 1);
  return colon > 0 && isStudentId(studentId) && isUploadId(uploadId) ? { studentId, uploadId } : undefined;
}

/**
 * An uploadId: a ULID, 10 characters of time (milliseconds) and 16 of the 10 given bytes, in Crockford's base 32, so
 * that the order of the texts is the order in time.
 */
export function makeUploadId(milliseconds: number, tenBytes: Uint8Array): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let value = BigInt(milliseconds);
  for (let i = 0; i < 10; i += 1) value = value * 256n + BigInt(tenBytes[i] ?? 0);
  let text = "";
  for (let i = 0; i < 26; i += 1) {
    text = alphabet.charAt(Number(value % 32n)) + text;
    value /= 32n;
  }
  return text;
}

/**
 * Whether one upload was made after another, as far as their ids can tell. An event tells its time in whole
 * seconds, so that of two plain copies within one second neither is the newer.
 */
export function isNewerUpload(uploadId: string, than: string): boolean {
  return uploadId.slice(0, 10) > than.slice(0, 10);
}

/**
 * The uploadId of an object that the server did not name: from the bucket, the key and the version, and sortable by the
 * time of the event. The same for every delivery of the event, which is repeated as it was, time and all.
 */
export function derivedId({ time, detail: { bucket, object } }: Pick<ObjectCreatedEvent, "time" | "detail">): string {
  const named = JSON.stringify([bucket.name, object.key, object["version-id"] ?? object.etag]);
  return makeUploadId(Date.parse(time), createHash("sha256").update(named).digest());
}
