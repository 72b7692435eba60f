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
  /** An original younger than this may still be on its way to an execution. */
  readonly graceMinutes: number;
  /** How long faces are searched for, at most: what is left over is searched for by the next run. */
  readonly searchSeconds: number;
  /** Pause after each search: Rekognition allows few calls a second, and a student's photo comes first. */
  readonly searchPauseMilliseconds: number;
}

export interface ReconcileClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "scan" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "listFaces" | "deleteFaces" | "indexFaces" | "searchFaces">;
  readonly s3: Pick<S3, "listObjectVersions" | "deleteObjects" | "deleteObject">;
  readonly sfn: Pick<SFN, "describeExecution" | "startExecution">;
  readonly now: () => Date;
  readonly sleep: Sleep;
  /** Writes one line to the log as it is, without what `console.log` puts before it. */
  readonly print: (line: string) => void;
}

/** Something that differs between the stores, as it was when they were listed. */
export interface Difference {
  readonly kind: FindingKind;
  readonly studentId?: string;
  readonly uploadId?: string;
  readonly subject: string;
  /** Present and true where mending deletes what the rows do not account for: see {@link isUnaccounted}. */
  readonly isUnaccounted?: boolean;
  /** Looks again: the stores were listed one after the other while uploads went on. */
  readonly isStill: () => Promise<boolean>;
  /** Absent: a person must. */
  readonly mend?: () => Promise<void>;
}

/** All that is compared. */
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
 * Lists all stores. Objects and faces come before the rows: what an upload adds meanwhile is then not there yet, and
 * its row tells that it is on its way.
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

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Whether what carries an upload's name is somebody's: the upload is on its way or is the student's avatar. */
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
 * Whether no row says how something that was left came about. An upload that failed or was refused has its row, and
 * what was replaced an avatar that is newer. A student of whom the tables know nothing, or know something older than
 * what was accepted, has been erased while something could not be deleted: or else the tables are not those that the
 * faces and thumbnails were recorded in, after one was restored to an earlier time, replaced or emptied.
 */
export function isUnaccounted({ uploads, avatars }: Stock, studentId: string, uploadId: string): boolean {
  const upload = uploads.get(uploadId);
  if (upload !== undefined && upload.status !== "accepted") return false;
  const avatar = avatars.get(studentId);
  return avatar === undefined || (upload?.uploadedAt ?? "") > avatar.uploadedAt;
}

/** The versions and markers that a key has now. */
export async function versionsOf(
  settings: ReconcileSettings,
  { s3 }: ReconcileClients,
  key: string,
): Promise<readonly StoredVersion[]> {
  const found = await collect(everyVersion(s3, settings.photoBucket, key));
  return found.filter((entry) => entry.key === key);
}
