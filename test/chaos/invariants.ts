import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { everyAvatar, type AvatarRow } from "../../handlers/stores/avatars";
import { everyFace } from "../../handlers/stores/faces";
import { everyVersion, type StoredVersion } from "../../handlers/stores/photos";
import { isNewer, parseUploadKey } from "../../handlers/contract/keys";
import type { PipelineEvent } from "../../handlers/contract/pipeline-event";
import { everyUpload, type UploadRow } from "../../handlers/stores/uploads";

/**
 * The promises of docs/architecture.md, checked on an idle pipeline from outside, by the stores' contents.
 */
export interface Stores {
  readonly dynamodb: DynamoDB;
  readonly rekognition: Rekognition;
  readonly s3: S3;
  readonly photoBucket: string;
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
}

/** An object that was put into the bucket. */
export interface PutPhoto {
  readonly key: string;
  readonly versionId: string;
  readonly student: string;
  readonly persons: readonly string[];
  /** Whether the file is a photo that can never be accepted. */
  readonly isBroken: boolean;
}

export interface Snapshot {
  readonly uploads: readonly UploadRow[];
  readonly avatars: readonly AvatarRow[];
  /** `{studentId}:{uploadId}` by face id. */
  readonly faces: ReadonlyMap<string, string>;
  readonly thumbnails: readonly StoredVersion[];
  readonly originals: readonly StoredVersion[];
}

export async function takeSnapshot(stores: Stores): Promise<Snapshot> {
  const { dynamodb, rekognition, s3, photoBucket } = stores;
  const uploads: UploadRow[] = [];
  for await (const row of everyUpload(dynamodb, stores.uploadTable)) uploads.push(row);
  const avatars: AvatarRow[] = [];
  for await (const row of everyAvatar(dynamodb, stores.avatarTable)) avatars.push(row);
  const faces = new Map<string, string>();
  for await (const { faceId, name } of everyFace(rekognition, stores.collectionId)) faces.set(faceId, name);
  const thumbnails: StoredVersion[] = [];
  for await (const version of everyVersion(s3, photoBucket, "avatars/")) thumbnails.push(version);
  const originals: StoredVersion[] = [];
  for await (const version of everyVersion(s3, photoBucket, "uploads/")) originals.push(version);
  return { uploads, avatars, faces, thumbnails, originals };
}

/**
 * Every broken promise, as a sentence; empty when all hold.
 *
 * @param notices the messages published to both topics since the pipeline was empty
 * @param mayRepeatNotices whether a fault hit the publication or a later call: then a notice may come twice
 */
export function brokenPromises(
  { uploads, avatars, faces, thumbnails, originals }: Snapshot,
  photos: readonly PutPhoto[],
  notices: readonly Pick<PipelineEvent, "type" | "uploadId">[],
  mayRepeatNotices: boolean,
): string[] {
  const broken: string[] = [];
  const ended = ["accepted", "rejected", "failed"];
  const rowOf = (photo: PutPhoto) =>
    uploads.find((row) => row.objectKey === photo.key && row.versionId === photo.versionId);

  for (const photo of photos) {
    const row = rowOf(photo);
    if (row === undefined && isFurther(photo, photos, rowOf)) {
      const isLeft = originals.some(({ key, versionId }) => key === photo.key && versionId === photo.versionId);
      if (isLeft) broken.push(`4: a further object under the issued key ${photo.key} is left`);
      continue;
    }
    if (row === undefined || !ended.includes(row.status)) {
      broken.push(`1: ${photo.key} has not ended: ${row?.status ?? "it has no row"} at ${row?.step ?? "no step"}`);
      continue;
    }
    const told = notices.filter(({ uploadId }) => uploadId === row.uploadId);
    const type = `avatar.${row.status}`;
    const right = told.filter((notice) => notice.type === type);
    if (right.length === 0) broken.push(`1: nobody was told that ${photo.key} was ${row.status}`);
    const types = new Set(told.map((notice) => notice.type));
    // A fault may follow a published notice, but a judgement stays.
    if (types.has("avatar.accepted") && types.has("avatar.rejected")) {
      broken.push(`1: ${photo.key} was told to be accepted, and to be rejected`);
    }
    if (told.length > 1 && !mayRepeatNotices) {
      broken.push(`1: ${told.length} notices about ${photo.key}: ${told.map((notice) => notice.type).join(", ")}`);
    }
  }

  const wanted = new Map(avatars.map((avatar) => [avatar.faceId, `${avatar.studentId}:${avatar.uploadId}`]));
  for (const [faceId, name] of faces) {
    if (wanted.get(faceId) !== name) broken.push(`2: the collection holds the face of ${name}, no avatar does`);
  }
  for (const [faceId, name] of wanted) {
    if (faces.get(faceId) !== name) broken.push(`2: the avatar ${name} has a face that is not in the collection`);
  }
  const keys = new Set(avatars.flatMap((avatar) => Object.values(avatar.thumbnails)));
  for (const { key, isLatest, isMarker } of thumbnails) {
    if (!keys.has(key)) {
      broken.push(`2: the bucket holds ${isMarker ? "a delete marker of " : ""}${key}, no avatar does`);
    } else if (isMarker && isLatest) broken.push(`2: ${key} is hidden by a delete marker`);
  }
  const stored = new Set(thumbnails.filter(({ isMarker }) => !isMarker).map(({ key }) => key));
  for (const key of keys) if (!stored.has(key)) broken.push(`2: ${key} of an avatar is not in the bucket`);

  const owners = new Map<string, string>();
  for (const avatar of avatars) {
    const photo = photos.find((each) => rowOf(each)?.uploadId === avatar.uploadId);
    const person = photo?.persons[0] ?? "nobody";
    const other = owners.get(person);
    if (other !== undefined) broken.push(`3: ${other} and ${avatar.studentId} both hold the face of ${person}`);
    owners.set(person, avatar.studentId);
  }

  for (const { key, versionId, isMarker } of originals) {
    const row = uploads.find((each) => each.objectKey === key && each.versionId === versionId);
    if (isMarker) broken.push(`4: a delete marker hides ${key}`);
    if (row?.status === "accepted" || row?.status === "rejected") {
      broken.push(`4: the original ${key} is left though its upload was ${row.status}`);
    }
  }

  broken.push(...unfairEndings(uploads, avatars, photos, rowOf));
  return broken;
}

/** The invariants under any fault: the refused students, and that one of a person's good photos stays. */
function unfairEndings(
  uploads: readonly UploadRow[],
  avatars: readonly AvatarRow[],
  photos: readonly PutPhoto[],
  rowOf: (photo: PutPhoto) => UploadRow | undefined,
): string[] {
  const broken: string[] = [];
  const holders = new Set(avatars.map(({ uploadId }) => uploadId));
  const accepted = photos.filter((photo) => rowOf(photo)?.status === "accepted");
  for (const photo of accepted) {
    if (photo.persons.length !== 1) broken.push(`${photo.key} of ${photo.persons.length} faces was accepted`);
    const avatar = avatars.find(({ studentId }) => studentId === photo.student);
    if (avatar === undefined) broken.push(`5: ${photo.student} was accepted and has no avatar`);
    else if (isNewer(rowOf(photo)?.uploadedAt ?? "", avatar.uploadedAt)) {
      broken.push(`5: ${photo.student} has an older avatar than the newest that was accepted`);
    }
  }
  for (const { studentId, uploadId, replaces } of avatars) {
    if (replaces.length > 0) broken.push(`2: the avatar of ${studentId} still lists what it replaced`);
    const row = uploads.find((each) => each.uploadId === uploadId);
    if (row?.status === "rejected") broken.push(`1: upload ${uploadId} was rejected and is the avatar of ${studentId}`);
  }
  // If a fault ended an upload, a rival that had yielded to it may be refused as well: both can upload again.
  const anyFailed = photos.some((photo) => rowOf(photo)?.status === "failed");
  if (!anyFailed) {
    for (const person of new Set(photos.filter(isGood).map(({ persons }) => persons[0]))) {
      const rivals = photos.filter((photo) => isGood(photo) && photo.persons[0] === person);
      const isHeld = rivals.some((photo) => holders.has(rowOf(photo)?.uploadId ?? ""));
      // A student of the winner may since have replaced it by a photo of somebody else.
      const wasAccepted = rivals.some((photo) => rowOf(photo)?.status === "accepted");
      // Or the student sent one before that, and the older of the two was no longer valid.
      const wasSuperseded = rivals.some((photo) => rowOf(photo)?.reason === "SUPERSEDED");
      if (!isHeld && !wasAccepted && !wasSuperseded) {
        broken.push(`3: of ${rivals.length} good photos of ${person} none was accepted`);
      }
    }
  }
  return broken;
}

/** Whether an object is a further one under an issued key: the first that is claimed is the upload, the others are not. */
function isFurther(
  photo: PutPhoto,
  photos: readonly PutPhoto[],
  rowOf: (photo: PutPhoto) => UploadRow | undefined,
): boolean {
  const isIssued = parseUploadKey(photo.key)?.issuedId !== undefined;
  return isIssued && photos.some((other) => other.key === photo.key && rowOf(other) !== undefined);
}

/** Whether a photo would be accepted if it were alone. */
export function isGood({ persons, isBroken }: Pick<PutPhoto, "persons" | "isBroken">): boolean {
  return persons.length === 1 && !isBroken;
}
