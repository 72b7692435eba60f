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
  /** The machine's state; without a photo if the upload could not even be claimed. */
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
  /** The days for which a row is kept after its upload ended. */
  readonly rowDays: number;
}

export interface NotifyFailureClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly sns: Pick<SNS, "publish">;
  readonly now: () => Date;
}

/**
 * Publishes the outcome of a photo that was not accepted, then closes the upload's row: in this order and at least
 * once, for the reasons listed in NotifySuccess.
 */
export function notifyFailure(
  settings: NotifyFailureSettings,
  clients: NotifyFailureClients,
): Handler<NotifyFailureInput, NotifyFailureOutput> {
  return async ({ event, execution, state, failed }) => {
    const verdict = verdictOf(failed);
    const photo = state.photo ?? (await unclaimedPhoto(settings, clients, event, execution));
    // The input names no object, or one that is no upload: there is nothing to close and nobody to notify.
    if (photo === undefined) return { ...verdict, outcome: "already-handled" };
    const row = await getUpload(clients.dynamodb, settings.uploadTable, photo.uploadId);
    const isTold = row?.executionArn === execution && (row.status === "rejected" || row.status === "failed");
    if (isTold) return { ...verdict, outcome: row.status };
    const isOthers = row?.executionArn !== undefined && row.executionArn !== execution;
    // A claimed upload has no row if its student was erased in the meantime: publish and write nothing.
    const isErased = state.photo !== undefined && row === undefined;
    // NotifySuccess published the notice and failed after that.
    const isAccepted = row?.status === "accepted";
    if (isOthers || isErased || isAccepted) return { ...verdict, outcome: "already-handled" };
    const at = clients.now().toISOString();
    await publish(clients.sns, settings.topicArn, {
      type: verdict.outcome === "rejected" ? "avatar.rejected" : "avatar.failed",
      schema: "1",
      studentId: photo.studentId,
      uploadId: photo.uploadId,
      fileName: displayName(row?.fileName ?? photo.key),
      at,
      executionArn: execution,
      step: verdict.step,
      reason: verdict.reason,
      // Only the person who stored the object under that key can fix it, and the file's name alone does not identify
      // it.
      ...(parseUploadKey(photo.key) === undefined ? { key: photo.key } : {}),
    });
    const { outcome, step, reason } = verdict;
    const end = { outcome, step, reason, at, rowDays: settings.rowDays };
    await closeRefused(clients.dynamodb, settings.uploadTable, photo, end);
    return verdict;
  };
}

/**
 * Names an upload whose claim failed, from the event and the rows; undefined if the input names no object or a surplus
 * one, which nobody waits for and the nightly comparison deletes.
 */
async function unclaimedPhoto(
  settings: NotifyFailureSettings,
  { dynamodb }: NotifyFailureClients,
  event: FlowInput,
  executionArn: string,
): Promise<Photo | undefined> {
  const { created } = readFlowInput(event);
  if (created === undefined) return undefined;
  const photo = await identify(dynamodb, settings.uploadTable, created, executionArn);
  if (photo === "surplus") return undefined;
  return photo === "no-student" ? nameless(created, "unknown", executionArn) : photo;
}
