import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { SFN } from "@aws-sdk/client-sfn";
import type { Sleep } from "../runtime/clients";
import { everyAvatar, getAvatar, type AvatarRow } from "../stores/avatars";
import { everyFace, type CollectionFace } from "../stores/faces";
import { everyVersion, type StoredVersion } from "../stores/photos";
import { everyUpload, getUpload, type UploadRow } from "../stores/uploads";
import type { FindingKind } from "./findings";

export interface ReconcileSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
  readonly photoBucket: string;
  readonly stateMachineArn: string;
  /** 0–100. */
  readonly duplicateSimilarity: number;
  /** The event of an original younger than this may still be on its way. */
  readonly graceMinutes: number;
  /** The longest time for searches; the next run searches for the rest. */
  readonly searchSeconds: number;
  /** Pause after each search: Rekognition allows few calls a second, and students' photos take precedence. */
  readonly searchPauseMilliseconds: number;
}

export interface ReconcileClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "scan" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "listFaces" | "deleteFaces" | "indexFaces" | "searchFaces">;
  readonly s3: Pick<S3, "listObjectVersions" | "deleteObjects" | "deleteObject">;
  readonly sfn: Pick<SFN, "describeExecution" | "startExecution">;
  readonly now: () => Date;
  readonly sleep: Sleep;
  /** Writes one line to the log as it is, without the prefix of `console.log`. */
  readonly print: (line: string) => void;
}

/** A difference between the stores, as of when they were listed. */
export interface Difference {
  readonly kind: FindingKind;
  readonly studentId?: string | undefined;
  readonly uploadId?: string;
  readonly subject: string;
  /** Present and true if the fix deletes unaccounted leftovers: see {@link isUnaccounted}. */
  readonly isUnaccounted?: boolean;
  /** Checks again: the stores were listed one after the other while uploads went on. */
  readonly isStill: () => Promise<boolean>;
  /** Fixes the difference; absent if only a person can. */
  readonly applyFix?: () => Promise<void>;
}

/** The contents of all stores. */
export interface Stock {
  readonly faces: readonly CollectionFace[];
  readonly thumbnails: readonly StoredVersion[];
  readonly originals: readonly StoredVersion[];
  /** By uploadId. */
  readonly uploads: ReadonlyMap<string, UploadRow>;
  /** By studentId. */
  readonly avatars: ReadonlyMap<string, AvatarRow>;
}

/**
 * Lists all stores. Objects and faces come before the rows: anything that an upload adds in the meantime is not listed
 * yet, and its row shows that it is in progress.
 */
export async function takeStock(settings: ReconcileSettings, clients: ReconcileClients): Promise<Stock> {
  const { dynamodb, rekognition, s3 } = clients;
  const faces = await collect(everyFace(rekognition, settings.collectionId));
  const thumbnails = await collect(everyVersion(s3, settings.photoBucket, "avatars/"));
  const originals = await collect(everyVersion(s3, settings.photoBucket, "uploads/"));
  const uploads = new Map<string, UploadRow>();
  for await (const row of everyUpload(dynamodb, settings.uploadTable)) uploads.set(row.uploadId, row);
  const avatars = new Map<string, AvatarRow>();
  for await (const row of everyAvatar(dynamodb, settings.avatarTable)) avatars.set(row.studentId, row);
  return { faces, thumbnails, originals, uploads, avatars };
}

export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Whether an item named for an upload belongs to somebody: the upload is in progress or is the student's avatar. */
export async function isHeld(
  settings: ReconcileSettings,
  { dynamodb }: ReconcileClients,
  studentId: string,
  uploadId: string,
): Promise<boolean> {
  const upload = await getUpload(dynamodb, settings.uploadTable, uploadId);
  if (upload?.status === "processing") return true;
  const avatar = await getAvatar(dynamodb, settings.avatarTable, studentId);
  return avatar?.uploadId === uploadId;
}

export function heldAtFirstSight({ uploads, avatars }: Stock, studentId: string, uploadId: string): boolean {
  return uploads.get(uploadId)?.status === "processing" || avatars.get(studentId)?.uploadId === uploadId;
}

/**
 * Whether no row explains a leftover. A failed or refused upload has its row, and a replaced avatar has a newer one. If
 * the tables have nothing about the student, or only something older than the leftover, either an erasure could not
 * delete everything, or the tables are not the ones that the faces and thumbnails were recorded in, because one was
 * restored to an earlier time, replaced or emptied.
 */
export function isUnaccounted({ uploads, avatars }: Stock, studentId: string, uploadId: string): boolean {
  const upload = uploads.get(uploadId);
  if (upload !== undefined && upload.status !== "accepted") return false;
  const avatar = avatars.get(studentId);
  return avatar === undefined || (upload?.uploadedAt ?? "") > avatar.uploadedAt;
}

/** The current versions and markers of a key. */
export async function versionsOf(
  settings: Pick<ReconcileSettings, "photoBucket">,
  { s3 }: { readonly s3: Pick<S3, "listObjectVersions"> },
  key: string,
): Promise<readonly StoredVersion[]> {
  const found = await collect(everyVersion(s3, settings.photoBucket, key));
  return found.filter((entry) => entry.key === key);
}
