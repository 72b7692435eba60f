import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Photo } from "../contract/flow-data";
import { isUploadId, parseUploadKey } from "../contract/keys";
import type { ReasonCode } from "../contract/reasons";
import { everyItem, isConditionFailure } from "./dynamodb";
import { claimLost, lost, writeOwn, type Claim } from "./own-row";
import { readUploadRow, type Refusal, type UploadRow } from "./upload-row";

/**
 * The uploads table: one row per upload, the only record of its progress and its end.
 *
 *   upload_id (key) student_id status step steps reason object_key version_id uploaded_at claimed_at ended_at
 *   execution_arn face_id confirmed yielded_to instead_of refused file_name email locale mailed created_at
 *   expires_at (TTL, seconds), and the match of a duplicate: see matches.ts
 *
 *                                          recordFace → confirm | yieldTo
 *                                                  ╭────╮
 *     no row ──addAwaited──► awaiting-upload       │    ▼
 *        │                          │            processing ──closeAccepted──► accepted
 *        │                          ╰──claim───────►  ▲ │
 *        ╰──────────claim (a plain copy)──────────────╯ │   recordRefusal
 *                                                  ▲    ╰──closeRefused──► rejected
 *                                                  │             ╰───────► failed ──╮
 *                                                  ╰──────claim (started again)─────╯
 *
 *   write                | by                     | only if
 *   ---------------------|------------------------|------------------------------------------------------------------
 *   addAwaited           | IssueUpload, import    | always: its id is new
 *   claimUpload          | ReceivePhoto           | the row is of this version (or none yet) and it is awaited, failed, this
 *                        |                        | execution's already, or the interrupted execution's; a plain copy's may
 *                        |                        | not exist yet
 *   beginStep            | every step             | own
 *   recordFace           | IndexFace              | own
 *   confirmUpload        | IndexFace              | own, and it has not yielded
 *   yieldTo              | a rival's IndexFace    | processing, not confirmed
 *   withdrawConfirmation | Undo                   | own
 *   recordRefusal        | Undo                   | own
 *   closeAccepted        | NotifySuccess          | own
 *   closeRefused         | NotifyFailure          | no execution has it, or this one
 *   recordMail           | MailStudent            | the row exists
 *   deleteUpload         | EraseStudent           | always
 *
 * "Own" is: `execution_arn` is this execution's and the status is `processing`. A function that outlives its execution
 * can therefore change nothing, and fails before it does anything else.
 */
export { claimLost };
export type { Refusal, UploadRow };

/** The table's key and the attribute with a row's expiry, for its declaration. */
export const uploadTableKey = "upload_id";
export const uploadTableExpiry = "expires_at";

type Gets = Pick<DynamoDB, "getItem">;
type Updates = Pick<DynamoDB, "updateItem">;
type Scans = Pick<DynamoDB, "scan">;

/** Reads one row, consistently; undefined if there is none. */
export async function getUpload(dynamodb: Gets, table: string, uploadId: string): Promise<UploadRow | undefined> {
  const { Item: item } = await dynamodb.getItem({
    TableName: table,
    Key: { upload_id: { S: uploadId } },
    ConsistentRead: true,
  });
  return item && readUploadRow(item);
}

/** Every row, consistently, page by page. */
export async function* everyUpload(dynamodb: Scans, table: string): AsyncGenerator<UploadRow> {
  for await (const item of everyItem(dynamodb, table)) {
    // The table also has the counts of a day.
    if (isUploadId(item["upload_id"]?.S ?? "")) yield readUploadRow(item);
  }
}

/** A student's rows. They have no index: the whole table is scanned. */
export async function* uploadsOfStudent(dynamodb: Scans, table: string, id: string): AsyncGenerator<UploadRow> {
  for await (const item of everyItem(dynamodb, table, "student_id", id)) yield readUploadRow(item);
}

/** Adds the row of an upload whose photo is still to be stored. */
export async function addAwaited(
  dynamodb: Pick<DynamoDB, "putItem">,
  table: string,
  upload: {
    readonly uploadId: string;
    readonly studentId: string;
    readonly createdAt: Date;
    /**
     * The days for which the row is kept, from now on: longer than any original. Without the row the photo would be
     * surplus, whenever its event or its dead letter comes.
     */
    readonly rowDays: number;
    /** The file's own name, if its key is named for the upload: the notices show it. */
    readonly fileName?: string | undefined;
    readonly email?: string | undefined;
    readonly locale?: string | undefined;
  },
): Promise<void> {
  const { fileName, email, locale } = upload;
  await dynamodb.putItem({
    TableName: table,
    // Without a condition: an id of 80 random bits does not repeat, and the SDK may send the same put again.
    Item: {
      upload_id: { S: upload.uploadId },
      student_id: { S: upload.studentId },
      status: { S: "awaiting-upload" },
      created_at: { S: upload.createdAt.toISOString() },
      expires_at: { N: expiryOf(upload.createdAt, upload.rowDays) },
      ...(fileName !== undefined && { file_name: { S: fileName } }),
      ...(email !== undefined && { email: { S: email } }),
      ...(locale !== undefined && { locale: { S: locale } }),
    },
  });
}

/**
 * Claims an upload for an execution.
 *
 * The records of an earlier attempt (steps, face_id, confirmed) stay: Undo uses them if the same execution is run
 * again, and closing the row clears them.
 *
 * @param interruptedArn the execution that ended without closing the upload, if this one is to close it
 * @param rowDays the days for which the row is kept
 * @returns the row as it was before, undefined if there was none; false if the upload has ended or belongs to another
 * execution or object
 */
export async function claimUpload(
  dynamodb: Updates,
  table: string,
  photo: Photo,
  { interruptedArn, now, rowDays }: { readonly interruptedArn: string | undefined; now: Date; rowDays: number },
): Promise<UploadRow | undefined | false> {
  // The same execution claims twice if the response to its first claim was lost.
  const owners = interruptedArn === undefined ? ":owner" : ":owner, :interrupted";
  // A failed upload may be restarted; one that failed before its execution ended needs no closing.
  const open = interruptedArn === undefined ? ":awaiting, :failed" : ":awaiting";
  // An issued upload without a row is one of a student who has been erased: the claim must not bring the row back.
  const isIssued = parseUploadKey(photo.key)?.issuedId === photo.uploadId;
  try {
    const { Attributes: before } = await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression:
        `attribute_${isIssued ? "exists(upload_id) AND" : "not_exists(upload_id) OR"} ` +
        // Never another object's row, whatever that one's status.
        "((attribute_not_exists(version_id) OR version_id = :version) AND " +
        `(#status IN (${open}) OR (#status = :processing AND execution_arn IN (${owners}))))`,
      UpdateExpression:
        "SET #status = :processing, student_id = :student, object_key = :key, version_id = :version, " +
        "execution_arn = :owner, uploaded_at = :uploaded, claimed_at = :now, created_at = if_not_exists(created_at, :now), " +
        "#step = :step, steps = if_not_exists(steps, :steps), expires_at = :expires REMOVE #reason, ended_at",
      ExpressionAttributeNames: { "#status": "status", "#reason": "reason", "#step": "step" },
      ExpressionAttributeValues: {
        ":awaiting": { S: "awaiting-upload" },
        ":processing": { S: "processing" },
        ":owner": { S: photo.executionArn },
        ":student": { S: photo.studentId },
        ":key": { S: photo.key },
        ":version": { S: photo.versionId ?? "" },
        ":uploaded": { S: photo.uploadedAt },
        ":now": { S: now.toISOString() },
        ":step": { S: "ReceivePhoto" },
        ":steps": { M: { ReceivePhoto: { S: now.toISOString() } } },
        ":expires": { N: expiryOf(now, rowDays) },
        ...(interruptedArn === undefined ? { ":failed": { S: "failed" } } : { ":interrupted": { S: interruptedArn } }),
      },
      ReturnValues: "ALL_OLD",
    });
    return before && readUploadRow(before);
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/** The row at the beginning of a step: the upload's place among others, and the records of earlier attempts. */
export interface Begun {
  readonly uploadId: string;
  /** The row's creation time, ISO 8601, UTC. */
  readonly createdAt: string | undefined;
  /** Whether the upload is past the point at which a rival can make it yield. */
  readonly confirmed: boolean;
  /** The avatar that SaveMetadata's first attempt saw; undefined before that. */
  readonly insteadOf: string | undefined;
}

/**
 * Records that a step begins: the page shows it, and Undo uses it later.
 *
 * @param more.forgetFace whether to forget the face of an earlier attempt
 * @param more.forgetMatch whether to forget the match of an earlier attempt
 * @param more.insteadOf the student's current avatar; an earlier attempt's value stays
 * @throws ClaimLost
 */
export async function beginStep(
  dynamodb: Updates,
  table: string,
  photo: Claim,
  name: string,
  now: Date,
  {
    forgetFace = false,
    forgetMatch = false,
    insteadOf,
  }: { readonly forgetFace?: boolean; readonly forgetMatch?: boolean; readonly insteadOf?: string } = {},
): Promise<Begun> {
  const forgotten = [
    ...(forgetFace ? ["face_id"] : []),
    ...(forgetMatch ? ["matched_student", "matched_upload", "matched_similarity"] : []),
  ];
  const row = await writeOwn(dynamodb, table, photo, {
    update:
      "SET #step = :step, #steps.#name = :at" +
      (insteadOf === undefined ? "" : ", instead_of = if_not_exists(instead_of, :instead_of)") +
      (forgotten.length > 0 ? ` REMOVE ${forgotten.join(", ")}` : ""),
    names: { "#step": "step", "#steps": "steps", "#name": name },
    values: {
      ":step": { S: name },
      ":at": { S: now.toISOString() },
      ...(insteadOf !== undefined && { ":instead_of": { S: insteadOf } }),
    },
  });
  return {
    uploadId: photo.uploadId,
    createdAt: row["created_at"]?.S,
    confirmed: row["confirmed"]?.BOOL === true,
    insteadOf: row["instead_of"]?.S,
  };
}

/**
 * Records the face that the upload has put into the collection.
 *
 * @throws ClaimLost
 */
export async function recordFace(dynamodb: Updates, table: string, photo: Claim, faceId: string): Promise<void> {
  await writeOwn(dynamodb, table, photo, { update: "SET face_id = :face", values: { ":face": { S: faceId } } });
}

/**
 * Confirms the upload: from then on no rival can make it yield.
 *
 * @returns false if the upload has yielded
 * @throws ClaimLost
 */
export async function confirmUpload(dynamodb: Gets & Updates, table: string, photo: Claim): Promise<boolean> {
  try {
    await writeOwn(dynamodb, table, photo, {
      only: "attribute_not_exists(yielded_to)",
      update: "SET confirmed = :true",
      values: { ":true": { BOOL: true } },
    });
    return true;
  } catch (error) {
    if ((error as Error).name !== claimLost) throw error;
    const row = await getUpload(dynamodb, table, photo.uploadId);
    if (row?.yieldedTo === undefined) throw error;
    return false;
  }
}

/**
 * Makes a rival yield to an upload.
 *
 * @returns false if the rival is confirmed or has ended
 */
export async function yieldTo(dynamodb: Updates, table: string, rivalId: string, winnerId: string): Promise<boolean> {
  try {
    await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: rivalId } },
      ConditionExpression: "#status = :processing AND attribute_not_exists(confirmed)",
      UpdateExpression: "SET yielded_to = :winner",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":processing": { S: "processing" }, ":winner": { S: winnerId } },
    });
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/**
 * Withdraws the upload's confirmation.
 *
 * @throws ClaimLost
 */
export async function withdrawConfirmation(dynamodb: Updates, table: string, photo: Claim): Promise<void> {
  await writeOwn(dynamodb, table, photo, { update: "REMOVE confirmed" });
}

/**
 * Records the reason of a refusal before the original is deleted.
 *
 * @throws ClaimLost
 */
export async function recordRefusal(dynamodb: Updates, table: string, photo: Claim, refusal: Refusal): Promise<void> {
  const refused = { M: { step: { S: refusal.step }, reason: { S: refusal.reason } } };
  await writeOwn(dynamodb, table, photo, { update: "SET refused = :refused", values: { ":refused": refused } });
}

/**
 * Ends an accepted upload.
 *
 * @param at ISO 8601, UTC
 * @throws ClaimLost
 */
export async function closeAccepted(dynamodb: Updates, table: string, photo: Claim, at: string): Promise<void> {
  await writeOwn(dynamodb, table, photo, {
    update: "SET #own_status = :accepted, ended_at = :at",
    values: { ":accepted": { S: "accepted" }, ":at": { S: at } },
  });
}

/**
 * Ends an upload that was rejected or failed, even one that could not be claimed, and clears the attributes that the
 * next attempt must not find: Undo has removed the face that the row names.
 *
 * @param end.at ISO 8601, UTC
 * @param end.rowDays the days for which the row is kept from then on
 * @throws ClaimLost
 */
export async function closeRefused(
  dynamodb: Updates,
  table: string,
  photo: Photo,
  end: {
    readonly outcome: "rejected" | "failed";
    readonly step: string;
    readonly reason: ReasonCode;
    readonly at: string;
    readonly rowDays: number;
  },
): Promise<void> {
  try {
    await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression: "attribute_not_exists(execution_arn) OR execution_arn = :owner",
      UpdateExpression:
        "SET #status = :status, #step = :step, #reason = :reason, ended_at = :at, execution_arn = :owner, " +
        "student_id = :student, object_key = :key, version_id = :version, steps = if_not_exists(steps, :no_steps), " +
        // The row of an upload that could not be claimed has no expiry yet, or the expiry of a row that awaits its
        // photo.
        "expires_at = :expires " +
        "REMOVE face_id, confirmed, yielded_to, refused",
      ExpressionAttributeNames: { "#status": "status", "#step": "step", "#reason": "reason" },
      ExpressionAttributeValues: {
        ":owner": { S: photo.executionArn },
        ":status": { S: end.outcome },
        ":step": { S: end.step },
        ":reason": { S: end.reason },
        ":at": { S: end.at },
        ":student": { S: photo.studentId },
        ":key": { S: photo.key },
        ":version": { S: photo.versionId ?? "" },
        ":no_steps": { M: {} },
        ":expires": { N: expiryOf(new Date(end.at), end.rowDays) },
      },
    });
  } catch (error) {
    throw isConditionFailure(error) ? lost(photo, error) : error;
  }
}

/** Records the event that the student was mailed about; a row that has expired is not created again. */
export async function recordMail(dynamodb: Updates, table: string, uploadId: string, type: string): Promise<void> {
  try {
    await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: uploadId } },
      ConditionExpression: "attribute_exists(upload_id)",
      UpdateExpression: "SET mailed = :type",
      ExpressionAttributeValues: { ":type": { S: type } },
    });
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}

/** Deletes an upload's row. */
export async function deleteUpload(
  dynamodb: Pick<DynamoDB, "deleteItem">,
  table: string,
  uploadId: string,
): Promise<void> {
  await dynamodb.deleteItem({ TableName: table, Key: { upload_id: { S: uploadId } } });
}

/** A row's expiry, in seconds since 1970, UTC. */
function expiryOf(from: Date, days: number): string {
  return String(Math.floor(from.getTime() / 1000) + days * 86_400);
}
