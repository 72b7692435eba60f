/** Writes one item after the other until it is killed, and reports to its parent after each how many were answered. */
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

import { startDynamoDb } from "../../../../../packages/local-cloud/services/dynamodb";
import { identity, startCloud } from "../../gateway/helpers";

async function write(folder: string): Promise<void> {
  const dynamodb = await startDynamoDb({
    folder,
    identity,
    tables: [
      {
        name: "uploads",
        attributes: [
          { name: "upload_id", type: "S" },
          { name: "student_id", type: "S" },
          { name: "claimed_at", type: "N" },
        ],
        hashKey: "upload_id",
        globalSecondaryIndexes: [
          { name: "by-student", hashKey: "student_id", rangeKey: "claimed_at", projectionType: "ALL" },
        ],
      },
    ],
  });
  const cloud = await startCloud({ services: [dynamodb] });
  const client = new DynamoDBClient(cloud.client());
  for (let i = 1; ; i++) {
    const Item = { upload_id: { S: `u${i}` }, student_id: { S: "SV001" }, claimed_at: { N: String(i) } };
    await client.send(new PutItemCommand({ TableName: "uploads", Item }));
    process.send?.(i);
  }
}

write(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
