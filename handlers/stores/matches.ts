import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { everyItem, isConditionFailure, type Item } from "./dynamodb";
import { writeOwn, type Claim } from "./own-row";
import { readUploadRow, type UploadRow } from "./upload-row";

/**
 * Whose face an upload's face matched, on the upload's row. For operators alone: no answer to a student, no notice, no
 * mail and no log has it.
 *
 *   matched_student matched_upload matched_similarity (percent)
 *
 *     no match ──recordMatch (refused), noteMatch (found at night)──► match ──forgetMatchesWith, beginStep, TTL──► none
 *
 *   write             | by                        | only if
 *   ------------------|---------------------------|----------------------------------------------------
 *   recordMatch       | CheckDuplicate, IndexFace | own
 *   noteMatch         | Reconcile                 | the row exists
 *   forgetMatchesWith | EraseStudent              | the row still names the student
 *   beginStep         | CheckDuplicate, IndexFace | own: an earlier attempt's match says nothing about this one
 */
/** A match of an upload's face with another student's. */
export interface RecordedMatch {
  readonly studentId: string;
  readonly uploadId: string;
  /** Percent; undefined if the upload yielded to one that its own search did not find. */
  readonly similarity?: number | undefined;
}

/** An upload with its match. Rows read elsewhere do not have the match, so that nothing else can pass it on. */
export interface MatchedUpload extends UploadRow {
  readonly match: RecordedMatch;
}

const update =
  "SET matched_student = :matched_student, matched_upload = :matched_upload, matched_similarity = :similarity";

function valuesOf({ studentId, uploadId, similarity }: RecordedMatch) {
  return {
    ":matched_student": { S: studentId },
    ":matched_upload": { S: uploadId },
    ":similarity": similarity === undefined ? { NULL: true as const } : { N: String(similarity) },
  };
}

/**
 * Records the match that an upload is refused for.
 *
 * @throws ClaimLost
 */
export async function recordMatch(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Claim,
  match: RecordedMatch,
): Promise<void> {
  await writeOwn(dynamodb, table, photo, { update, values: valuesOf(match) });
}

/** Records a match that the comparison found; a row that has expired is not created again. */
export async function noteMatch(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  uploadId: string,
  match: RecordedMatch,
): Promise<void> {
  await unlessGone(
    dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: uploadId } },
      ConditionExpression: "attribute_exists(upload_id)",
      UpdateExpression: update,
      ExpressionAttributeValues: valuesOf(match),
    }),
  );
}

/** Reads an upload's match; undefined if there is no such upload, or it has none. */
export async function matchOfUpload(
  dynamodb: Pick<DynamoDB, "getItem">,
  table: string,
  uploadId: string,
): Promise<MatchedUpload | undefined> {
  const { Item: item = {} } = await dynamodb.getItem({
    TableName: table,
    Key: { upload_id: { S: uploadId } },
    ConsistentRead: true,
  });
  return readMatched(item);
}

/** A student's uploads with a match, or the uploads that matched a student's. No index: the whole table is scanned. */
export async function* matchesOf(
  dynamodb: Pick<DynamoDB, "scan">,
  table: string,
  side: "student_id" | "matched_student",
  studentId: string,
): AsyncGenerator<MatchedUpload> {
  for await (const item of everyItem(dynamodb, table, side, studentId)) {
    const matched = readMatched(item);
    if (matched !== undefined) yield matched;
  }
}

function readMatched(item: Item): MatchedUpload | undefined {
  const [studentId, uploadId] = [item["matched_student"]?.S, item["matched_upload"]?.S];
  if (studentId === undefined || uploadId === undefined) return undefined;
  const similarity = item["matched_similarity"]?.N;
  const match = { studentId, uploadId, similarity: similarity === undefined ? undefined : Number(similarity) };
  return { ...readUploadRow(item), match };
}

/** Removes every mention of a student from other students' rows. */
export async function forgetMatchesWith(
  dynamodb: Pick<DynamoDB, "scan" | "updateItem">,
  table: string,
  studentId: string,
): Promise<void> {
  for await (const { uploadId } of matchesOf(dynamodb, table, "matched_student", studentId)) {
    await unlessGone(
      dynamodb.updateItem({
        TableName: table,
        Key: { upload_id: { S: uploadId } },
        ConditionExpression: "matched_student = :student",
        UpdateExpression: "REMOVE matched_student, matched_upload, matched_similarity",
        ExpressionAttributeValues: { ":student": { S: studentId } },
      }),
    );
  }
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}
