import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { SNS } from "@aws-sdk/client-sns";
import { getAvatar } from "../stores/avatars";
import { namedError } from "../runtime/errors";
import type { Photo } from "../contract/flow-data";
import { displayName, publish } from "../notices/notice";
import type { Handler } from "../runtime/step";
import { beginStep, claimLost, closeAccepted, getUpload, type UploadRow } from "../stores/uploads";

export interface NotifySuccessInput {
  readonly photo: Photo;
}

export interface NotifySuccessOutput {
  readonly outcome: "accepted";
  readonly processedAt: string;
}

export interface NotifySuccessSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly topicArn: string;
}

export interface NotifySuccessClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly sns: Pick<SNS, "publish">;
  readonly now: () => Date;
}

/**
 * Publishes the success notice, then closes the upload's row. The order matters: a row that says accepted means that
 * the notice was published. If the response to either call is lost, the notice may be sent twice, but is never left
 * out.
 */
export function notifySuccess(
  settings: NotifySuccessSettings,
  clients: NotifySuccessClients,
): Handler<NotifySuccessInput, NotifySuccessOutput> {
  return async ({ photo }) => {
    const { dynamodb } = clients;
    const avatar = await getAvatar(dynamodb, settings.avatarTable, photo.studentId);
    const row = await getUpload(dynamodb, settings.uploadTable, photo.uploadId);
    if (isTold(row, photo)) return { outcome: "accepted", processedAt: avatar?.processedAt ?? "" };
    await beginStep(dynamodb, settings.uploadTable, photo, "NotifySuccess", clients.now());
    const at = clients.now().toISOString();
    // A newer upload of the student may own the row by now: this one was accepted all the same.
    const isCurrent = avatar?.uploadId === photo.uploadId;
    if (avatar === undefined) {
      throw namedError(
        "AvatarGone",
        `Upload ${photo.uploadId} no longer has an avatar; its student was erased in the meantime.`,
      );
    }
    await publish(clients.sns, settings.topicArn, {
      type: "avatar.accepted",
      schema: "1",
      studentId: photo.studentId,
      uploadId: photo.uploadId,
      fileName: displayName(row?.fileName ?? photo.key),
      at,
      executionArn: photo.executionArn,
      bucket: photo.bucket,
      thumbnails: isCurrent ? avatar.thumbnails : {},
      processedAt: avatar.processedAt,
    });
    try {
      await closeAccepted(dynamodb, settings.uploadTable, photo, at);
    } catch (error) {
      // If the SDK repeats the write because the response was lost, the first write has already ended the upload.
      if ((error as Error).name !== claimLost) throw error;
      if (!isTold(await getUpload(dynamodb, settings.uploadTable, photo.uploadId), photo)) throw error;
    }
    return { outcome: "accepted", processedAt: avatar.processedAt };
  };
}

function isTold(row: UploadRow | undefined, { executionArn }: Photo): boolean {
  return row?.executionArn === executionArn && row.status === "accepted";
}
