import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { Sleep } from "../runtime/clients";
import { strikeReplaced, type AvatarRow } from "./avatars";
import { deleteFaces } from "./faces";
import { deleteThumbnails } from "./photos";

export interface ReplacedClients {
  readonly dynamodb: Pick<DynamoDB, "updateItem">;
  readonly rekognition: Pick<Rekognition, "deleteFaces">;
  readonly s3: Pick<S3, "listObjectVersions" | "deleteObjects">;
  readonly sleep: Sleep;
}

/** Removes the faces and thumbnails that a student's row lists as replaced, then strikes them off the row. */
export async function removeReplaced(
  settings: { readonly avatarTable: string; readonly collectionId: string },
  { dynamodb, rekognition, s3, sleep }: ReplacedClients,
  bucket: string,
  row: AvatarRow,
): Promise<void> {
  if (row.replaces.length === 0) return;
  // Never the face in use: it is the same one if the same bytes were uploaded twice under one name.
  const faceIds = row.replaces.map(({ faceId }) => faceId).filter((faceId) => faceId !== row.faceId);
  if (faceIds.length > 0) await deleteFaces({ rekognition, sleep }, settings.collectionId, faceIds);
  const uploadIds = row.replaces.map(({ uploadId }) => uploadId).filter((uploadId) => uploadId !== row.uploadId);
  for (const uploadId of uploadIds) await deleteThumbnails(s3, bucket, row.studentId, uploadId);
  await strikeReplaced(dynamodb, settings.avatarTable, row);
}
