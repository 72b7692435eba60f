import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { SNS } from "@aws-sdk/client-sns";
import type { Failures, FlowInput, Photo } from "../contract/flow-data";
import { readFlowInput } from "../contract/flow-input";
import { identify, nameless } from "../stores/identify";
import { parseUploadKey } from "../contract/keys";
import { displayName, publish } from "../notices/notice";
import type { Handler } from "../runtime/step";
import { claimLost, getUpload, isConditionFailure } from "../stores/uploads";
import { namedError } from "../runtime/errors";
import { verdictOf, type Verdict } from "../contract/verdict";

export interface NotifyFailureInput {
  /** The execution's own input. */
  readonly event: FlowInput;
  readonly execution: string;
  /** The machine's state; without a photo when the upload could not even be claimed. */
  readonly state: { readonly photo?: Photo };
  readonly failed: readonly Failures[];
}

export interface NotifyFailureOutput {
  readonly outcome: "rejected" | "failed" | "already-handled";
  readonly step: string;
  readonly reason: string;
  readonly detail: string;
}

export interface NotifyFailureSettings {
  readonly uploadTable: string;
  readonly topicArn: string;
  /** How long a row is kept after its upload ended, in days. */
  readonly rowDays: number;
}

export interface NotifyFailureClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly sns: Pick<SNS, "publish">;
  readonly now: () => Date;
}

/**
 * Tells what became of a photo that was not accepted, then closes the upload's row. In this order, and at least once,
 * for the reasons that NotifySuccess gives.
 */
export function notifyFailure(
  settings: NotifyFailureSettings,
  clients: NotifyFailureClients,
): Handler<NotifyFailureInput, NotifyFailureOutput> {
  return async ({ event, execution, state, failed }) => {
    const verdict = verdictOf(failed);
    const photo = state.photo ?? (await unclaimedPhoto(settings, clients, event, execution));
    // An input that names no object: there is no upload to close and nobody to tell.
    if (photo === undefined) return { ...verdict, outcome: "already-handled" };
    const row = await getUpload(clients.dynamodb, settings.uploadTable, photo.uploadId);
    const isTold = row?.executionArn === execution && (row.status === "rejected" || row.status === "failed");
    if (isTold) return { ...verdict, outcome: row.status };
    const isOthers = row?.executionArn !== undefined && row.executionArn !== execution;
    // A claimed upload without a row is one of a student who was erased meanwhile: nothing is to be said or written.
    const isErased = state.photo !== undefined && row === undefined;
    // NotifySuccess told it, and failed only after that.
    const isAccepted = row?.status === "accepted";
    if (isOthers || isErased || isAccepted) return { ...verdict, outcome: "already-handled" };
    const at = clients.now().toISOString();
    await publish(clients.sns, settings.topicArn, {
      type: verdict.outcome === "rejected" ? "avatar.rejected" : "avatar.failed",
      schema: "1",
      studentId: photo.studentId,
      uploadId: photo.uploadId,
      fileName: displayName(photo.key),
      at,
      executionArn: execution,
      step: verdict.step,
      reason: verdict.reason,
      // Only whoever stored it under that key can mend it, and the file's name alone does not say which it was.
      ...(parseUploadKey(photo.key) === undefined ? { key: photo.key } : {}),
    });
    await closeRow(settings, clients, photo, verdict, at);
    return verdict;
  };
}

/** Names an upload whose claim failed, from the event and the rows; undefined when the input names no object. */
async function unclaimedPhoto(
  settings: NotifyFailureSettings,
  { dynamodb }: NotifyFailureClients,
  event: FlowInput,
  executionArn: string,
): Promise<Photo | undefined> {
  const { created } = readFlowInput(event);
  if (created === undefined) return undefined;
  const photo = await identify(dynamodb, settings.uploadTable, created, executionArn);
  return photo ?? nameless(created, "unknown", executionArn);
}

async function closeRow(
  settings: NotifyFailureSettings,
  { dynamodb }: NotifyFailureClients,
  photo: Photo,
  verdict: Verdict,
  at: string,
): Promise<void> {
  try {
    await dynamodb.updateItem({
      TableName: settings.uploadTable,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression: "attribute_not_exists(execution_arn) OR execution_arn = :owner",
      // What the next attempt must not find: Undo has removed the face that the id names.
      UpdateExpression:
        "SET #status = :status, #step = :step, #reason = :reason, ended_at = :at, execution_arn = :owner, " +
        "student_id = :student, object_key = :key, version_id = :version, steps = if_not_exists(steps, :no_steps), " +
        // Of an upload that nobody could claim, the row has no end yet, or that of one which waits for its photo.
        "expires_at = :expires " +
        "REMOVE face_id, confirmed, yielded_to, refused",
      ExpressionAttributeNames: { "#status": "status", "#step": "step", "#reason": "reason" },
      ExpressionAttributeValues: {
        ":owner": { S: photo.executionArn },
        ":status": { S: verdict.outcome },
        ":step": { S: verdict.step },
        ":reason": { S: verdict.reason },
        ":at": { S: at },
        ":student": { S: photo.studentId },
        ":key": { S: photo.key },
        ":version": { S: photo.versionId ?? "" },
        ":no_steps": { M: {} },
        ":expires": { N: String(Math.floor(Date.parse(at) / 1000) + settings.rowDays * 86_400) },
      },
    });
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    throw namedError(claimLost, `Upload ${photo.uploadId} was taken by another execution meanwhile.`, error);
  }
}
