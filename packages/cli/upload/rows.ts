import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { readUploadRow, type UploadRow } from "../../../handlers/stores/uploads";

/** A row of the uploads table, and when the upload ended; ISO 8601, UTC. */
export type Upload = UploadRow & { readonly endedAt: string };

/** As the upload API has it: EventBridge delivers an event for up to 24 hours. */
const AWAITING_SECONDS = 2 * 86_400;

interface Table {
  readonly dynamodb: DynamoDB;
  readonly uploadTable: string;
}

/** Names an upload before its photo is stored, as the upload API does. */
export async function putAwaited({ dynamodb, uploadTable }: Table, uploadId: string, studentId: string): Promise<void> {
  const now = Date.now();
  await dynamodb.putItem({
    TableName: uploadTable,
    Item: {
      upload_id: { S: uploadId },
      student_id: { S: studentId },
      status: { S: "awaiting-upload" },
      created_at: { S: new Date(now).toISOString() },
      expires_at: { N: String(Math.floor(now / 1000) + AWAITING_SECONDS) },
    },
  });
}

export async function findUpload({ dynamodb, uploadTable }: Table, uploadId: string): Promise<Upload | undefined> {
  const { Item } = await dynamodb.getItem({
    TableName: uploadTable,
    Key: { upload_id: { S: uploadId } },
    ConsistentRead: true,
  });
  return Item && { ...readUploadRow(Item), endedAt: Item["ended_at"]?.S ?? "" };
}
