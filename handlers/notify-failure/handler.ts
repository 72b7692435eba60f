import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { SNS } from "@aws-sdk/client-sns";
import type { Failures, FlowInput, Photo } from "../contract/flow-data";
import { readFlowInput } from "../contract/flow-input";
import { identify, nameless } from "../stores/identify";
import { parseUploadKey } from "../contract/keys";
import { displayName, publish } from "../notices/notice";
import type { Handler } from "../runtime/step";
import { closeRefused, getUpload } from "../stores/uploads";
import { verdictOf } from "../contract/verdict";

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
    const { outcome, step, reason } = verdict;
    const end = { outcome, step, reason, at, rowDays: settings.rowDays };
    await closeRefused(clients.dynamodb, settings.uploadTable, photo, end);
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
