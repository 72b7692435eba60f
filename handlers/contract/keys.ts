import { isStudentId } from "./students";

/**
 * The keys and ids of the contract: the flow reads everything it needs from an upload's key alone.
 *
 *   uploads/{studentId}/{uploadId}.{jpg|jpeg|png}   issued by the server
 *   uploads/{studentId}/any name at all.jpg         a plain copy; `identify` derives its uploadId
 *   avatars/{studentId}/{uploadId}/{size}.jpg       thumbnails
 */

export const uploadPrefix = "uploads/";
export const avatarPrefix = "avatars/";

const uploadIdPattern = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** Crockford's base 32. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface UploadKey {
  readonly studentId: string;
  /** The name's stem if it has the form of an uploadId: only the uploads table knows whether it is one. */
  readonly issuedId?: string;
  /** In lower case, without the dot; empty if there is none. */
  readonly extension: string;
}

export function isUploadId(text: string): boolean {
  return uploadIdPattern.test(text);
}

/** Reads an upload's key; undefined if it is not `uploads/{studentId}/{file name}`. */
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

/** Reads a face's name; undefined if this pipeline did not make it. */
export function parseExternalImageId(id: string): { studentId: string; uploadId: string } | undefined {
  const colon = id.lastIndexOf(":");
  const studentId = id.slice(0, colon);
  const uploadId = id.slice(colon + 1);
  return colon > 0 && isStudentId(studentId) && isUploadId(uploadId) ? { studentId, uploadId } : undefined;
}

/**
 * An uploadId: a ULID, 10 characters of time (milliseconds) and 16 of the 10 given bytes, in Crockford's base 32, so
 * that the ids sort by time.
 */
export function makeUploadId(milliseconds: number, tenBytes: Uint8Array): string {
  let value = BigInt(milliseconds);
  for (let i = 0; i < 10; i += 1) value = value * 256n + BigInt(tenBytes[i] ?? 0);
  let text = "";
  for (let i = 0; i < 26; i += 1) {
    text = alphabet.charAt(Number(value % 32n)) + text;
    value /= 32n;
  }
  return text;
}

/** The time at which the server issued an uploadId. */
export function issuedAt(uploadId: string): Date {
  let milliseconds = 0;
  for (const letter of uploadId.slice(0, 10)) milliseconds = milliseconds * 32 + alphabet.indexOf(letter);
  return new Date(milliseconds);
}

/**
 * Whether one upload was made after another. A plain copy has only whole seconds (`2026-03-01T08:00:00Z`), so that
 * neither the copy nor another upload of the same second is the newer one.
 */
export function isNewer(uploadedAt: string, than: string): boolean {
  const seconds = "2026-03-01T08:00:00".length;
  const isPrecise = uploadedAt.includes(".") && than.includes(".");
  return isPrecise ? uploadedAt > than : uploadedAt.slice(0, seconds) > than.slice(0, seconds);
}

/**
 * The time of an avatar that replaces an earlier one: its upload's, or within the same second the more precise of both.
 * Otherwise a copy's whole second would accept an upload that is older than the one before the copy.
 */
export function replacingAt(uploadedAt: string, before: string): string {
  return uploadedAt.includes(".") || isNewer(uploadedAt, before) ? uploadedAt : before;
}
