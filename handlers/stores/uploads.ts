import type { AttributeValue, DynamoDB } from "@aws-sdk/client-dynamodb";
import { namedError } from "../runtime/errors";
import type { Photo } from "../contract/flow-data";
import type { ReasonCode } from "../contract/reasons";
import type { UploadStatus } from "../contract/upload-status";

/**
 * The uploads table: one row per upload, the one place that says how far it is and how it ended.
 *
 *   upload_id (key) student_id status step steps reason object_key version_id uploaded_at claimed_at ended_at
 *   execution_arn
 *   face_id confirmed yielded_to instead_of refused email locale created_at expires_at (TTL, seconds)
 *
 * Every write after the claim is conditional on `execution_arn`, and on the upload's being on its way still, so that a
 * function that outlived its execution can no longer change anything, and learns that before it does anything else.
 */
export type Item = Record<string, AttributeValue>;

/** The row as the handlers read it; absent attributes are undefined. */
export interface UploadRow {
  readonly uploadId: string;
  readonly studentId: string;
  readonly status: UploadStatus;
  readonly step?: string;
  /** When each step began, ISO 8601. */
  readonly steps: Readonly<Record<string, string>>;
  readonly reason?: ReasonCode;
  readonly objectKey?: string;
  readonly versionId?: string;
  readonly uploadedAt?: string;
  readonly executionArn?: string;
  readonly faceId?: string;
  readonly confirmed: boolean;
  readonly email?: string;
  readonly locale?: string;
}

/** Why a photo is refused, and by which step: on the row from before its original goes until it has been told. */
export interface Refusal {
  readonly step: string;
  readonly reason: string;
}

export function writeRefusal({ step, reason }: Refusal): Item {
  return { refused: { M: { step: { S: step }, reason: { S: reason } } } };
}

/** Undefined while the photo has not been refused. */
export function readRefusal(item: Item): Refusal | undefined {
  const { step, reason } = item["refused"]?.M ?? {};
  return step?.S === undefined || reason?.S === undefined ? undefined : { step: step.S, reason: reason.S };
}

/** Thrown by a conditional write when the upload belongs to another execution by now. */
export const claimLost = "ClaimLost";

export function readUploadRow(item: Item): UploadRow {
  const text = (name: string) => item[name]?.S;
  const optional = <Key extends string>(key: Key, value: string | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [K in Key]?: string };
  return {
    uploadId: text("upload_id") ?? "",
    studentId: text("student_id") ?? "",
    status: (text("status") ?? "processing") as UploadStatus,
    steps: Object.fromEntries(Object.entries(item["steps"]?.M ?? {}).map(([name, at]) => [name, at.S ?? ""])),
    confirmed: item["confirmed"]?.BOOL === true,
    ...optional("step", text("step")),
    ...(optional("reason", text("reason")) as { reason?: ReasonCode }),
    ...optional("objectKey", text("object_key")),
    ...optional("versionId", text("version_id")),
    ...optional("uploadedAt", text("uploaded_at")),
    ...optional("executionArn", text("execution_arn")),
    ...optional("faceId", text("face_id")),
    ...optional("email", text("email")),
    ...optional("locale", text("locale")),
  };
}

/** Reads one row, consistently; undefined when there is none. */
export async function getUpload(
  dynamodb: Pick<DynamoDB, "getItem">,
  table: string,
  uploadId: string,
): Promise<UploadRow | undefined> {
  const { Item: item } = await dynamodb.getItem({
    TableName: table,
    Key: { upload_id: { S: uploadId } },
    ConsistentRead: true,
  });
  return item && readUploadRow(item);
}

/** Whether an SDK error says that the condition of a write did not hold. */
export function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

/** A write that needs the row to be this execution's still; ClaimLost says that it is not. Gives the row after it. */
async function writeOwn(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Pick<Photo, "uploadId" | "executionArn">,
  write: { condition?: string; update: string; names: Record<string, string>; values: Item },
): Promise<Item> {
  try {
    const { Attributes: row = {} } = await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression:
        "execution_arn = :owner AND #own_status = :own_status" +
        (write.condition === undefined ? "" : ` AND ${write.condition}`),
      UpdateExpression: write.update,
      ExpressionAttributeNames: { "#own_status": "status", ...write.names },
      ExpressionAttributeValues: {
        ":owner": { S: photo.executionArn },
        ":own_status": { S: "processing" },
        ...write.values,
      },
      ReturnValues: "ALL_NEW",
    });
    return row;
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    throw namedError(
      claimLost,
      `Upload ${photo.uploadId} has ended, or is not, or no longer, this execution's to change.`,
      error,
    );
  }
}

/**
 * Sets attributes of the upload's row, if this execution still owns it and has not ended it.
 *
 * @param set attribute names and their values
 * @param condition a further condition on the row, without placeholders of its own
 * @throws ClaimLost when another execution owns the upload, it has ended, or the further condition does not hold
 */
export async function updateOwnUpload(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Pick<Photo, "uploadId" | "executionArn">,
  set: Item,
  condition?: string,
): Promise<void> {
  const names = Object.keys(set);
  await writeOwn(dynamodb, table, photo, {
    ...(condition === undefined ? {} : { condition }),
    update: "SET " + names.map((_, i) => `#n${i} = :v${i}`).join(", "),
    names: Object.fromEntries(names.map((name, i) => [`#n${i}`, name])),
    values: Object.fromEntries(Object.values(set).map((value, i) => [`:v${i}`, value])),
  });
}

/**
 * Removes an attribute of the upload's row.
 *
 * @throws ClaimLost as {@link updateOwnUpload}
 */
export async function forgetOwn(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Pick<Photo, "uploadId" | "executionArn">,
  attribute: string,
): Promise<void> {
  await writeOwn(dynamodb, table, photo, { update: "REMOVE #name", names: { "#name": attribute }, values: {} });
}

/**
 * Records that a step begins: what the page shows, and what Undo later goes by.
 *
 * @param forget an attribute that the step is about to find out anew
 * @param first attributes that stay as an earlier try of the step found them
 * @returns the row's item
 * @throws ClaimLost as {@link updateOwnUpload}
 */
export async function beginStep(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Pick<Photo, "uploadId" | "executionArn">,
  name: string,
  now: Date,
  { forget, first = {} }: { readonly forget?: string; readonly first?: Item } = {},
): Promise<Item> {
  const kept = Object.keys(first).map((attribute) => `, ${attribute} = if_not_exists(${attribute}, :${attribute})`);
  return writeOwn(dynamodb, table, photo, {
    update: `SET #step = :step, #steps.#name = :at${kept.join("")}${forget === undefined ? "" : ` REMOVE ${forget}`}`,
    names: { "#step": "step", "#steps": "steps", "#name": name },
    values: {
      ":step": { S: name },
      ":at": { S: now.toISOString() },
      ...Object.fromEntries(Object.entries(first).map(([attribute, value]) => [`:${attribute}`, value])),
    },
  });
}
