import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Photo } from "../contract/flow-data";
import { namedError } from "../runtime/errors";
import { isConditionFailure, type Item } from "./dynamodb";

/** Writes to an upload's row that only the execution that has the upload may make: see uploads.ts. */

/** The name of the error that a conditional write throws if the upload has ended or belongs to another execution. */
export const claimLost = "ClaimLost";

export type Claim = Pick<Photo, "uploadId" | "executionArn">;

/** A write on the condition that the row still belongs to this execution; returns the row after the write. */
export async function writeOwn(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  photo: Claim,
  write: { only?: string; update: string; names?: Record<string, string>; values?: Item },
): Promise<Item> {
  try {
    const { Attributes: row = {} } = await dynamodb.updateItem({
      TableName: table,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression:
        "execution_arn = :owner AND #own_status = :own_status" + (write.only === undefined ? "" : ` AND ${write.only}`),
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
    throw isConditionFailure(error) ? lost(photo, error) : error;
  }
}

export function lost({ uploadId }: Claim, cause: unknown): Error {
  return namedError(claimLost, `Upload ${uploadId} has ended or belongs to another execution.`, cause);
}
