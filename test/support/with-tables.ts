import { DynamoDB } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import type { AddressInfo } from "node:net";
import { writeAvatarRow, type AvatarRow } from "../../handlers/stores/avatar-row";
import type { Format, ObjectCreatedEvent, Photo } from "../../handlers/contract/flow-data";
import { issuedAt, makeUploadId } from "../../handlers/contract/keys";
import type { Item } from "../../handlers/stores/dynamodb";

/**
 * Shared by the handlers' tests: real tables (dynalite, in memory) behind the real SDK, and factories for events and
 * rows. The other services are recorded fakes: see {@link recorded}.
 */
export const uploadTable = "uploads";
export const avatarTable = "avatars";
export const collectionId = "faces";
export const now = new Date("2026-03-01T08:00:00.000Z");
export const executionArn = "arn:aws:states:ap-southeast-1:000000000000:execution:flow:one";

export interface Tables {
  readonly dynamodb: DynamoDB;
  upload(uploadId: string): Promise<Item | undefined>;
  avatar(studentId: string): Promise<Item | undefined>;
  putUpload(item: Item): Promise<void>;
  putAvatar(row: AvatarRow): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the two tables; `close` ends them. */
export async function startTables(): Promise<Tables> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const dynamodb = new DynamoDB({
    endpoint: `http://127.0.0.1:${port}`,
    region: "ap-southeast-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const keys = { [uploadTable]: "upload_id", [avatarTable]: "student_id" };
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

/** An uploadId of a given second: later seconds sort later. */
export function uploadIdAt(second: number): string {
  return makeUploadId(Date.UTC(2026, 2, 1) + second * 1000, Buffer.alloc(10, second));
}

export function aPhoto(changes: Partial<Photo> = {}): Photo {
  const uploadId = changes.uploadId ?? uploadIdAt(1);
  const studentId = changes.studentId ?? "SV001";
  return {
    bucket: "photos",
    key: `uploads/${studentId}/${uploadId}.jpg`,
    versionId: "v1",
    etag: "etag",
    bytes: 1000,
    studentId,
    uploadId,
    uploadedAt: issuedAt(uploadId).toISOString(),
    executionArn,
    ...changes,
  };
}

export const aFormat: Format = { format: "jpeg", width: 1000, height: 800, sha256: "ab".repeat(32) };

export const aFace = { box: { left: 0.4, top: 0.3, width: 0.2, height: 0.3 }, confidence: 99.9 };

export function anEvent(
  key: string,
  changes: Partial<ObjectCreatedEvent["detail"]["object"]> = {},
): ObjectCreatedEvent {
  return {
    source: "aws.s3",
    time: "2026-03-01T07:59:59Z",
    detail: { bucket: { name: "photos" }, object: { key, size: 1000, etag: "etag", "version-id": "v1", ...changes } },
  };
}

/** A row of an upload that its execution has claimed. */
export function aClaimedRow(photo: Photo, more: Item = {}): Item {
  return {
    upload_id: { S: photo.uploadId },
    student_id: { S: photo.studentId },
    status: { S: "processing" },
    execution_arn: { S: photo.executionArn },
    version_id: { S: photo.versionId ?? "" },
    steps: { M: {} },
    ...more,
  };
}

export function anAvatar(changes: Partial<AvatarRow> = {}): AvatarRow {
  const studentId = changes.studentId ?? "SV001";
  const uploadId = changes.uploadId ?? uploadIdAt(0);
  return {
    studentId,
    uploadId,
    uploadedAt: issuedAt(uploadId).toISOString(),
    faceId: `face-of-${uploadId}`,
    thumbnails: { "64": `avatars/${studentId}/${uploadId}/64.jpg` },
    ...aFormat,
    bytes: 1000,
    face: aFace,
    processedAt: "2026-02-01T00:00:00.000Z",
    executionArn: "arn:aws:states:ap-southeast-1:000000000000:execution:flow:earlier",
    replaces: [],
    ...changes,
  };
}

export interface Call {
  readonly operation: string;
  readonly input: unknown;
}

/**
 * A client with only the given operations; each call is recorded in order, any other fails the test. The answers
 * replace a service that the flow tests run for real.
 */
export function recorded<Client>(
  answers: { [Operation in keyof Client]?: (input: never) => unknown },
  calls: Call[] = [],
): Client {
  return new Proxy(
    {},
    {
      get: (_, operation) => async (input: never) => {
        const answer = answers[operation as keyof Client];
        if (answer === undefined) throw new Error(`Unexpected call of ${String(operation)}.`);
        calls.push({ operation: String(operation), input });
        return await answer(input);
      },
    },
  ) as Client;
}

/** Stands for waiting, of which nothing is to be seen. */
export const noSleep = (): Promise<void> => Promise.resolve();

/** The error that a promise is rejected with; fails when it is not. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected an error, and there was none.");
}
