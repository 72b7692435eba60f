import { DynamoDB } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import type { AddressInfo } from "node:net";
import { writeAvatarRow, type AvatarRow } from "../../handlers/stores/avatar-row";
import { mailCountTableKey } from "../../handlers/stores/mail-counts";
import type { Item } from "../../handlers/stores/dynamodb";

/** Real tables (dynalite, in memory) behind the real SDK. The other services are recorded fakes: see ./recorded. */
export const uploadTable = "uploads";
export const avatarTable = "avatars";
export const countTable = "mail-counts";
export const collectionId = "faces";

export interface Tables {
  readonly dynamodb: DynamoDB;
  upload(uploadId: string): Promise<Item | undefined>;
  avatar(studentId: string): Promise<Item | undefined>;
  putUpload(item: Item): Promise<void>;
  putAvatar(row: AvatarRow): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the tables; `close` ends them. */
export async function startTables(): Promise<Tables> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const dynamodb = new DynamoDB({
    endpoint: `http://127.0.0.1:${port}`,
    region: "ap-southeast-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const keys = { [uploadTable]: "upload_id", [avatarTable]: "student_id", [countTable]: mailCountTableKey };
  const create = async () => {
    for (const [TableName, key] of Object.entries(keys)) {
      await dynamodb.createTable({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
        KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
      });
    }
    // dynalite activates a table in the next tick.
    for (const TableName of Object.keys(keys)) {
      while ((await dynamodb.describeTable({ TableName })).Table?.TableStatus !== "ACTIVE");
    }
  };
  await create();
  const get = async (TableName: string, Key: Item) => (await dynamodb.getItem({ TableName, Key })).Item;
  return {
    dynamodb,
    upload: (uploadId) => get(uploadTable, { upload_id: { S: uploadId } }),
    avatar: (studentId) => get(avatarTable, { student_id: { S: studentId } }),
    putUpload: async (Item) => {
      await dynamodb.putItem({ TableName: uploadTable, Item });
    },
    putAvatar: async (row) => {
      await dynamodb.putItem({ TableName: avatarTable, Item: writeAvatarRow(row) });
    },
    clear: async () => {
      for (const [TableName, key] of Object.entries(keys)) {
        for (const item of (await dynamodb.scan({ TableName })).Items ?? []) {
          await dynamodb.deleteItem({ TableName, Key: { [key]: item[key] ?? { S: "" } } });
        }
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
