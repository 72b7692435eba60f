import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { readAvatarRow, writeAvatarRow, type AvatarRow, type Replaced } from "./avatar-row";
import { everyItem, isConditionFailure } from "./dynamodb";

/**
 * The avatars table: one row per student, the avatar in use.
 *
 *   student_id (key) upload_id uploaded_at face_id thumbnails format width height bytes sha256 face processed_at
 *   execution_arn searched_at replaces
 *
 *                             ╭──replaceAvatar (the next photo)──╮
 *                             ▼                                  │
 *     no row ──replaceAvatar──► in use, lists what it replaced ──┤
 *        ▲                        │ strikeReplaced               │
 *        │                        ▼                              │
 *        ╰──deleteAvatar── in use, all alone ────────────────────╯
 *                             │  ▲
 *                             ╰──╯ replaceFace, markSearched
 *
 *   write          | by                                | only if
 *   ---------------|-----------------------------------|------------------------------------------------------------
 *   replaceAvatar  | SaveMetadata                      | the row is the one that was read: same upload, same face
 *   strikeReplaced | DeleteOriginal, Undo, Reconcile   | the same upload has the row
 *   replaceFace    | Reconcile                         | the row has the face that was lost
 *   markSearched   | Reconcile                         | the row has the face that was searched for
 *   deleteAvatar   | EraseStudent                      | always
 */
export type { AvatarRow, Replaced };

/** The table's key, for its declaration. */
export const avatarTableKey = "student_id";

type Updates = Pick<DynamoDB, "updateItem">;

/** Reads a student's row, consistently; undefined if there is none. */
export async function getAvatar(
  dynamodb: Pick<DynamoDB, "getItem">,
  table: string,
  studentId: string,
): Promise<AvatarRow | undefined> {
  const { Item: item } = await dynamodb.getItem({
    TableName: table,
    Key: { student_id: { S: studentId } },
    ConsistentRead: true,
  });
  return item && readAvatarRow(item);
}

/** Every row, consistently, page by page. */
export async function* everyAvatar(dynamodb: Pick<DynamoDB, "scan">, table: string): AsyncGenerator<AvatarRow> {
  for await (const item of everyItem(dynamodb, table)) yield readAvatarRow(item);
}

/**
 * Makes an upload the student's avatar.
 *
 * @param before the row as it was read; undefined if there was none
 * @returns false if the row has changed since
 */
export async function replaceAvatar(
  dynamodb: Pick<DynamoDB, "putItem">,
  table: string,
  row: AvatarRow,
  before: AvatarRow | undefined,
): Promise<boolean> {
  const unchanged =
    before === undefined
      ? { ConditionExpression: "attribute_not_exists(student_id)" }
      : {
          // Includes the face: a reconciliation may have replaced it, and `replaces` must name the face to remove.
          ConditionExpression: "upload_id = :before AND face_id = :face",
          ExpressionAttributeValues: { ":before": { S: before.uploadId }, ":face": { S: before.faceId } },
        };
  return written(dynamodb.putItem({ TableName: table, Item: writeAvatarRow(row), ...unchanged }));
}

/** Strikes the replaced uploads off an avatar's row after their removal; a newer avatar has taken the list over. */
export async function strikeReplaced(dynamodb: Updates, table: string, row: AvatarRow): Promise<void> {
  await written(
    dynamodb.updateItem({
      TableName: table,
      Key: { student_id: { S: row.studentId } },
      ConditionExpression: "upload_id = :upload",
      UpdateExpression: "REMOVE replaces",
      ExpressionAttributeValues: { ":upload": { S: row.uploadId } },
    }),
  );
}

/**
 * Gives an avatar whose face was lost a new one, and removes the mark that it was searched for.
 *
 * @returns false if the avatar has been replaced or erased in the meantime
 */
export async function replaceFace(dynamodb: Updates, table: string, row: AvatarRow, faceId: string): Promise<boolean> {
  return written(
    dynamodb.updateItem({
      TableName: table,
      Key: { student_id: { S: row.studentId } },
      ConditionExpression: "face_id = :lost",
      UpdateExpression: "SET face_id = :face REMOVE searched_at",
      ExpressionAttributeValues: { ":lost": { S: row.faceId }, ":face": { S: faceId } },
    }),
  );
}

/**
 * Records the time of the search for an avatar's face; if the face has been replaced, the next run searches for the new
 * one.
 */
export async function markSearched(dynamodb: Updates, table: string, row: AvatarRow, now: Date): Promise<void> {
  await written(
    dynamodb.updateItem({
      TableName: table,
      Key: { student_id: { S: row.studentId } },
      ConditionExpression: "face_id = :face",
      UpdateExpression: "SET searched_at = :now",
      ExpressionAttributeValues: { ":face": { S: row.faceId }, ":now": { S: now.toISOString() } },
    }),
  );
}

/**
 * Deletes a student's row.
 *
 * @returns whether there was one
 */
export async function deleteAvatar(
  dynamodb: Pick<DynamoDB, "deleteItem">,
  table: string,
  studentId: string,
): Promise<boolean> {
  const { Attributes: before } = await dynamodb.deleteItem({
    TableName: table,
    Key: { student_id: { S: studentId } },
    ReturnValues: "ALL_OLD",
  });
  return before !== undefined;
}

/** Whether a conditional write was made. */
async function written(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}
