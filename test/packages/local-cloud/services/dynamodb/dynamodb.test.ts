import { expect } from "chai";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  paginateQuery,
  paginateScan,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";

import {
  startDynamoDb,
  type DeclaredTable,
  type DynamoDb,
} from "../../../../../packages/local-cloud/services/dynamodb";
import { identity, roleAllowing, startCloud, type TestCloud } from "../../gateway/helpers";
import { errorOf } from "../../../../support/errors";

const avatars: DeclaredTable = {
  name: "avatars",
  attributes: [{ name: "student_id", type: "S" }],
  hashKey: "student_id",
};
const uploads: DeclaredTable = {
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
  ttlAttribute: "expires_at",
};
const arn = (resource: string) => `arn:aws:dynamodb:ap-southeast-1:000000000000:table/${resource}`;
const writer = roleAllowing("writer", ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [arn("avatars")]);
const reader = roleAllowing("reader", ["dynamodb:Query"], [arn("uploads/index/by-student")]);

const upload = (id: string, student: string, at: number, more: object = {}) => ({
  TableName: "uploads",
  Item: { upload_id: { S: id }, student_id: { S: student }, claimed_at: { N: String(at) }, ...more },
});

describe("the local DynamoDB", () => {
  let folder: string;
  let cloud: TestCloud;
  let dynamodb: DynamoDb;
  let client: DynamoDBClient;
  let time = Date.parse("2026-11-23T00:00:00Z");

  async function start(tables: DeclaredTable[] = [avatars, uploads]): Promise<void> {
    dynamodb = await startDynamoDb({ folder, identity, tables, now: () => time });
    cloud = await startCloud({ services: [dynamodb], roles: [writer, reader] });
    client = new DynamoDBClient(cloud.client());
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dynamodb-"));
    await start();
  });
  afterEach(async () => {
    await cloud.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("makes the declared tables", async () => {
    const { TableNames } = await client.send(new ListTablesCommand({}));
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "uploads" }));
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: "uploads" }));
    expect(TableNames).to.deep.equal(["avatars", "uploads"]);
    expect(Table).to.include({ TableArn: arn("uploads"), TableStatus: "ACTIVE" });
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).to.equal("by-student");
    expect(TimeToLiveDescription).to.deep.equal({ TimeToLiveStatus: "ENABLED", AttributeName: "expires_at" });
  });

  it("puts on a condition, and says what stood in its way when asked", async () => {
    const put = { ...upload("u1", "SV001", 1), ConditionExpression: "attribute_not_exists(upload_id)" };
    await client.send(new PutItemCommand(put));
    const again = { ...put, ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };
    const error = (await errorOf(client.send(new PutItemCommand(again)))) as Error & { Item?: object };
    expect(error.name).to.equal("ConditionalCheckFailedException");
    expect(error.Item).to.deep.equal(put.Item);
  });

  it("lets exactly one of many simultaneous claims through", async () => {
    const claims = Array.from({ length: 20 }, (_, i) =>
      client.send(
        new PutItemCommand({
          ...upload("u1", `SV${i}`, i),
          ConditionExpression: "attribute_not_exists(upload_id) OR #s = :free",
          ExpressionAttributeNames: { "#s": "status" },
          ExpressionAttributeValues: { ":free": { S: "free" } },
        }),
      ),
    );
    const outcomes = await Promise.allSettled(claims);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(1);
  });

  it("updates by expression, and returns what was asked for", async () => {
    await client.send(
      new PutItemCommand(upload("u1", "SV001", 1, { tries: { N: "1" }, face: { M: { id: { S: "f" } } } })),
    );
    const update = await client.send(
      new UpdateItemCommand({
        TableName: "uploads",
        Key: { upload_id: { S: "u1" } },
        UpdateExpression:
          "SET #s = :accepted, tries = tries + :one, face.confidence = :c, steps = list_append(if_not_exists(steps, :none), :step) REMOVE face.id ADD tags :tag",
        ConditionExpression: "student_id = :student AND attribute_exists(face.id)",
        ExpressionAttributeNames: { "#s": "status" },
        ExpressionAttributeValues: {
          ":accepted": { S: "accepted" },
          ":one": { N: "1" },
          ":c": { N: "99.5" },
          ":none": { L: [] },
          ":step": { L: [{ S: "SaveMetadata" }] },
          ":tag": { SS: ["a"] },
          ":student": { S: "SV001" },
        },
        ReturnValues: "ALL_NEW",
      }),
    );
    expect(update.Attributes).to.deep.equal({
      ...upload("u1", "SV001", 1).Item,
      status: { S: "accepted" },
      tries: { N: "2" },
      face: { M: { confidence: { N: "99.5" } } },
      steps: { L: [{ S: "SaveMetadata" }] },
      tags: { SS: ["a"] },
    });
    const { Attributes } = await client.send(
      new DeleteItemCommand({ TableName: "uploads", Key: { upload_id: { S: "u1" } }, ReturnValues: "ALL_OLD" }),
    );
    expect(Attributes?.tries).to.deep.equal({ N: "2" });
  });

  it("returns the replaced item, or nothing", async () => {
    const first = await client.send(new PutItemCommand({ ...upload("u1", "SV001", 1), ReturnValues: "ALL_OLD" }));
    const second = await client.send(new PutItemCommand({ ...upload("u1", "SV002", 2), ReturnValues: "ALL_OLD" }));
    expect(first.Attributes).to.equal(undefined);
    expect(second.Attributes).to.deep.equal(upload("u1", "SV001", 1).Item);
  });

  it("queries an index in order and scans a table, page by page", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => i);
    for (let at = 0; at < 60; at += 20) {
      const requests = ids
        .slice(at, at + 20)
        .map((i) => ({ PutRequest: { Item: upload(`u${i}`, `SV${i % 2}`, 100 - i).Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { uploads: requests } }));
    }
    const query = {
      TableName: "uploads",
      IndexName: "by-student",
      KeyConditionExpression: "student_id = :s AND claimed_at > :t",
      ExpressionAttributeValues: { ":s": { S: "SV1" }, ":t": { N: "50" } },
    };
    const queried: number[][] = [];
    for await (const { Items = [] } of paginateQuery({ client, pageSize: 10 }, query)) {
      queried.push(Items.map(({ claimed_at: at }) => Number(at?.N)));
    }
    expect(queried.flat()).to.deep.equal(
      ids
        .filter((i) => i % 2 === 1 && 100 - i > 50)
        .map((i) => 100 - i)
        .reverse(),
    );
    expect(queried[0]).to.have.length(10);

    const scanned: string[] = [];
    for await (const { Items = [] } of paginateScan(
      { client, pageSize: 7 },
      { TableName: "uploads", ConsistentRead: true },
    )) {
      scanned.push(...Items.map(({ upload_id: id }) => id?.S ?? ""));
    }
    expect(scanned.sort()).to.deep.equal(ids.map((i) => `u${i}`).sort());
  });

  it("moves an item in the index when its key changes, and takes it out when it goes", async () => {
    const bySv = async (student: string) => {
      const query = {
        TableName: "uploads",
        IndexName: "by-student",
        KeyConditionExpression: "student_id = :s",
        ExpressionAttributeValues: { ":s": { S: student } },
      };
      return (await client.send(new QueryCommand(query))).Count;
    };
    await client.send(new PutItemCommand(upload("u1", "SV001", 1)));
    await client.send(new PutItemCommand(upload("u1", "SV002", 1)));
    expect([await bySv("SV001"), await bySv("SV002")]).to.deep.equal([0, 1]);
    await client.send(new DeleteItemCommand({ TableName: "uploads", Key: { upload_id: { S: "u1" } } }));
    expect(await bySv("SV002")).to.equal(0);
  });

  it("reads in batches", async () => {
    await client.send(new PutItemCommand(upload("u1", "SV001", 1)));
    const keys = ["u1", "u2"].map((id) => ({ upload_id: { S: id } }));
    const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { uploads: { Keys: keys } } }));
    expect(Responses?.uploads).to.have.length(1);
  });

  it("names DynamoDB's own errors", async () => {
    const missing = await errorOf(client.send(new GetItemCommand({ TableName: "none", Key: { id: { S: "1" } } })));
    const wrong = await errorOf(client.send(new GetItemCommand({ TableName: "avatars", Key: { id: { S: "1" } } })));
    expect([missing.name, wrong.name]).to.deep.equal(["ResourceNotFoundException", "ValidationException"]);
    expect(wrong.message).to.equal("The provided key element does not match the schema");
  });

  it("holds roles to their policies, table by table and index by index", async () => {
    const asWriter = new DynamoDBClient(cloud.client(writer.arn));
    const asReader = new DynamoDBClient(cloud.client(reader.arn));
    const item = { student_id: { S: "SV001" } };
    await asWriter.send(new PutItemCommand({ TableName: "avatars", Item: item }));
    await asWriter.send(new PutItemCommand({ TableName: arn("avatars"), Item: item }));
    const batch = (table: string) =>
      new BatchWriteItemCommand({
        RequestItems: { avatars: [{ PutRequest: { Item: item } }], [table]: [{ PutRequest: { Item: item } }] },
      });
    await asWriter.send(batch("avatars"));
    const query = {
      TableName: "uploads",
      KeyConditionExpression: "student_id = :s",
      ExpressionAttributeValues: { ":s": { S: "SV001" } },
    };
    await asReader.send(new QueryCommand({ ...query, IndexName: "by-student" }));

    const errors = await Promise.all([
      errorOf(asWriter.send(new GetItemCommand({ TableName: "avatars", Key: item }))),
      errorOf(asWriter.send(batch("uploads"))),
      errorOf(asReader.send(new QueryCommand(query))),
    ]);
    expect(errors.map(({ name }) => name)).to.deep.equal(Array(3).fill("AccessDeniedException"));
    expect(errors[0].message).to.equal(
      "User: arn:aws:sts::000000000000:assumed-role/writer/test-function is not authorized to perform: dynamodb:GetItem " +
        `on resource: ${arn("avatars")} because no identity-based policy allows the dynamodb:GetItem action`,
    );
  });

  it("answers NotImplemented, by name, to what it does not serve", async () => {
    const transact = new TransactWriteItemsCommand({ TransactItems: [{ Put: upload("u1", "SV001", 1) }] });
    const errors = await Promise.all([
      errorOf(client.send(transact)),
      errorOf(client.send(new UpdateTableCommand({ TableName: "avatars" }))),
    ]);
    expect(errors.map(({ name, message }) => `${name}: ${message}`)).to.deep.equal([
      "NotImplemented: The local cloud's dynamodb does not serve the operation TransactWriteItems.",
      "NotImplemented: The local cloud's dynamodb does not serve the operation UpdateTable.",
    ]);
  });

  it("deletes what its TTL attribute says is over, and nothing else", async () => {
    const seconds = time / 1000;
    const expiries = { over: seconds - 10, later: seconds + 10, mistake: 12, none: undefined };
    for (const [id, at] of Object.entries(expiries)) {
      await client.send(
        new PutItemCommand(upload(id, "SV001", 1, at === undefined ? {} : { expires_at: { N: String(at) } })),
      );
    }
    expect(await dynamodb.sweep()).to.equal(1);
    time += 60_000;
    expect(await dynamodb.sweep()).to.equal(1);
    const { Item } = await client.send(new GetItemCommand({ TableName: "uploads", Key: { upload_id: { S: "over" } } }));
    expect(Item).to.equal(undefined);
  });

  describe("started again", () => {
    it("has everything as it was", async () => {
      await client.send(new PutItemCommand(upload("u1", "SV001", 1)));
      await cloud.gateway.close();
      await start();
      const { Item } = await client.send(new GetItemCommand({ TableName: "uploads", Key: { upload_id: { S: "u1" } } }));
      expect(Item).to.deep.equal(upload("u1", "SV001", 1).Item);
    });

    it("fills an index that the program has added", async () => {
      await client.send(new PutItemCommand(upload("u1", "SV001", 1, { status: { S: "failed" } })));
      await cloud.gateway.close();
      const attributes = [...uploads.attributes, { name: "status", type: "S" as const }];
      const byStatus = { name: "by-status", hashKey: "status", projectionType: "KEYS_ONLY" as const };
      await start([avatars, { ...uploads, attributes, globalSecondaryIndexes: [byStatus] }]);
      const query = {
        TableName: "uploads",
        KeyConditionExpression: "#s = :s",
        ExpressionAttributeNames: { "#s": "status" },
        ExpressionAttributeValues: { ":s": { S: "failed" } },
      };
      const { Items } = await client.send(new QueryCommand({ ...query, IndexName: "by-status" }));
      expect(Items).to.deep.equal([{ upload_id: { S: "u1" }, status: { S: "failed" } }]);
      const gone = await errorOf(client.send(new QueryCommand({ ...query, IndexName: "by-student" })));
      expect(gone.name).to.equal("ValidationException");
    });

    it("refuses to serve a table under another key", async () => {
      await cloud.gateway.close();
      const other = { ...avatars, hashKey: "id", attributes: [{ name: "id", type: "S" as const }] };
      const error = await errorOf(startDynamoDb({ folder, identity, tables: [other] }));
      expect(error.message).to.include(
        `keeps the table avatars by the key student_id (S, HASH), but the program declares id (S, HASH). A table's key ` +
          `cannot change: give the table another name, or delete ${folder}.`,
      );
      await start();
    });

    it("says so when another process has the folder", async () => {
      const other = fork(join(__dirname, "writer-process"), [folder], { silent: true });
      let said = "";
      other.stderr?.on("data", (text) => (said += String(text)));
      await once(other, "close");
      expect(said).to.include("in use by another instance, and only one at a time can write it");
    });

    it("has every answered write of a process that was killed", async () => {
      await cloud.gateway.close();
      const other = fork(join(__dirname, "writer-process"), [folder], { silent: true });
      let answered = 0;
      other.on("message", (count) => {
        answered = Number(count);
        if (answered === 200) other.kill("SIGKILL");
      });
      await once(other, "exit");
      await start();
      const ids: string[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: "uploads" })) {
        ids.push(...Items.map(({ upload_id: id }) => id?.S ?? ""));
      }
      expect(answered).to.be.at.least(200);
      for (let i = 1; i <= answered; i++) expect(ids).to.include(`u${i}`);
      const query = {
        TableName: "uploads",
        IndexName: "by-student",
        KeyConditionExpression: "student_id = :s",
        ExpressionAttributeValues: { ":s": { S: "SV001" } },
      };
      const { Items = [] } = await client.send(new QueryCommand(query));
      expect(Items.map(({ upload_id: id }) => id?.S).sort()).to.deep.equal(ids.sort());
    });
  });
});
