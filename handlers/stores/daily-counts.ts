import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { isConditionFailure } from "./dynamodb";

/**
 * What a day has used of its limits: items of the uploads table beside its rows, so that no further table is needed. The
 * key is no uploadId, and the item is no upload: {@link everyUpload} passes over it.
 *
 *     no item ──countUp──► taken 1 ──countUp──► … ──countUp──► taken = limit ──TTL──► gone
 *
 *   upload_id (key: `{day}/{subject}`)  taken  expires_at (TTL, seconds)
 *
 *   write             | by           | only if
 *   ------------------|--------------|--------------------------------
 *   countUp           | IssueUpload  | less is taken than the limit
 *   deleteDailyCounts | EraseStudent | always: one student's
 *
 * A day is UTC's: no option holds a school's zone, and a day that began with the school's clock would have 23 or 25
 * hours twice a year.
 */
const dayMilliseconds = 86_400_000;

/** Everybody together. */
export const everybody = "all";

/** One student, as the subject of a count. */
export function studentSubject(studentId: string): string {
  return `student/${studentId}`;
}

/** Seconds until the day ends, and its counts with it. */
export function secondsLeftOf(now: Date): number {
  return Math.ceil((dayMilliseconds - (now.getTime() % dayMilliseconds)) / 1000);
}

/**
 * Counts one more of a day, in one conditional write, so that requests at the same moment cannot exceed the limit
 * together. If DynamoDB's answer is lost, the SDK repeats the write and one more is counted than was given.
 *
 * @returns false if the limit is reached: nothing is counted then
 */
export async function countUp(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  subject: string,
  limit: number,
  now: Date,
): Promise<boolean> {
  try {
    await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: countKey(subject, now) } },
      ConditionExpression: "attribute_not_exists(taken) OR taken < :limit",
      UpdateExpression: "ADD taken :one SET expires_at = :expires",
      ExpressionAttributeValues: {
        ":limit": { N: String(limit) },
        ":one": { N: "1" },
        ":expires": { N: String(Math.floor((now.getTime() + dayMilliseconds) / 1000)) },
      },
    });
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/** Deletes a student's counts that DynamoDB may not have expired yet: today's and the two days' before. */
export async function deleteDailyCounts(
  dynamodb: Pick<DynamoDB, "deleteItem">,
  table: string,
  studentId: string,
  now: Date,
): Promise<void> {
  for (const daysAgo of [0, 1, 2]) {
    const key = countKey(studentSubject(studentId), new Date(now.getTime() - daysAgo * dayMilliseconds));
    await dynamodb.deleteItem({ TableName: table, Key: { upload_id: { S: key } } });
  }
}

function countKey(subject: string, now: Date): string {
  return `${now.toISOString().slice(0, 10)}/${subject}`;
}
