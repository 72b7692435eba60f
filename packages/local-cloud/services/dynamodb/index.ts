/**
 * DynamoDB: dynalite's store and expressions, behind the gateway's signatures and permissions.
 *
 *   startDynamoDb({ folder, identity, tables, sweepMilliseconds?, now? }): Promise<DynamoDb>
 *     a CloudService (`dynamodb`), and
 *     .sweep(): Promise<number>     deletes items that are expired by their TTL; runs by itself every minute
 *
 * Serves GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan, BatchGetItem, BatchWriteItem, DescribeTable, ListTables
 * and DescribeTimeToLive, each authorized as `dynamodb:<Operation>` on the table's (or index's) ARN. All other
 * operations, including transactions, answer NotImplemented with their name. The tables are those of the program: they
 * are made when it starts and kept, with their items, in the folder.
 *
 * Every answered write survives a kill of the process. Known limit of dynalite: among the items with the same index
 * key, two whose table keys have the same 24-bit hash share an index entry; with six thousand items under one index
 * key, one such pair is to be expected.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { jsonService, type JsonOperation } from "../../gateway/json-service";
import {
  cloudError,
  isCloudError,
  type CloudIdentity,
  type CloudRequest,
  type CloudService,
} from "../../gateway/service";
import { openEngine, type Engine, type EngineOperation } from "./engine";
import { allItems, settleTables, type DeclaredTable } from "./tables";

export type { DeclaredIndex, DeclaredTable } from "./tables";

export interface DynamoDbOptions {
  /** The data folder; made if missing. */
  readonly folder: string;
  readonly identity: CloudIdentity;
  readonly tables: readonly DeclaredTable[];
  /** The interval between searches for expired items, default a minute. AWS promises a few days. */
  readonly sweepMilliseconds?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface DynamoDb extends CloudService {
  /** @returns the number of deleted items */
  sweep(): Promise<number>;
}

/** @throws Error if the folder is in use by another process, or keeps a table under another key */
export async function startDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const { folder, identity, tables, sweepMilliseconds = 60_000, now = Date.now } = options;
  await mkdir(folder, { recursive: true });
  const engine = await openEngine(join(folder, "level"), identity);
  const openMark = join(folder, "open");
  try {
    await settleTables(engine, tables, folder, existsSync(openMark));
    await writeFile(openMark, "This file is here while the tables are open, or when their process was killed.\n");
  } catch (error) {
    await engine.close();
    throw error;
  }

  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    const swept = sweeping.then(() => sweepAll(engine, tables, now));
    sweeping = swept.catch(() => undefined);
    return swept;
  };
  const timer = setInterval(() => void sweep().catch(reportSweep), sweepMilliseconds);
  timer.unref();
  let closed: Promise<void> | undefined;

  const service = jsonService({
    name: "dynamodb",
    targetPrefix: "DynamoDB_20120810",
    version: "1.0",
    errorPrefix: "com.amazonaws.dynamodb.v20120810#",
    maxBytes: 16 * 1024 * 1024,
    crc32: true,
    operations: toOperations(engine, identity, tables),
    members: "operations",
    close() {
      clearInterval(timer);
      closed ??= sweeping.then(async () => {
        await engine.close();
        await rm(openMark, { force: true });
      });
      return closed;
    },
  });
  return { ...service, sweep };
}

function toOperations(
  engine: Engine,
  identity: CloudIdentity,
  tables: readonly DeclaredTable[],
): Record<string, JsonOperation> {
  const tableArn = (table: string) =>
    `arn:${identity.partition}:dynamodb:${identity.region}:${identity.accountId}:table/${table}`;

  /** An operation on one table, or on one index of it. */
  const onTable = (operation: EngineOperation): JsonOperation => {
    return async (input, request) => {
      const TableName = bareName(input.TableName);
      const index = typeof input.IndexName === "string" ? `/index/${input.IndexName}` : "";
      request.authorize(`dynamodb:${operation}`, `${tableArn(TableName)}${index}`);
      return runWithOldItem(engine, operation, { ...input, TableName });
    };
  };
  /** An operation on the tables that are the keys of `RequestItems`. */
  const onTables = (operation: EngineOperation): JsonOperation => {
    return async (input, request) => {
      const entries = Object.entries(input.RequestItems ?? {}).map(([table, items]) => [
        bareName(table),
        items as unknown,
      ]);
      for (const [table] of entries) request.authorize(`dynamodb:${operation}`, tableArn(String(table)));
      return engine.run(operation, { ...input, RequestItems: Object.fromEntries(entries) as object });
    };
  };
  return {
    GetItem: onTable("GetItem"),
    PutItem: onTable("PutItem"),
    UpdateItem: onTable("UpdateItem"),
    DeleteItem: onTable("DeleteItem"),
    Query: onTable("Query"),
    Scan: onTable("Scan"),
    DescribeTable: onTable("DescribeTable"),
    BatchGetItem: onTables("BatchGetItem"),
    BatchWriteItem: onTables("BatchWriteItem"),
    ListTables(input, request) {
      request.authorize("dynamodb:ListTables", tableArn("*"));
      return engine.run("ListTables", input);
    },
    async DescribeTimeToLive(input, request: CloudRequest) {
      const TableName = bareName(input.TableName);
      request.authorize("dynamodb:DescribeTimeToLive", tableArn(TableName));
      await engine.run("DescribeTable", { TableName });
      const attribute = tables.find(({ name }) => name === TableName)?.ttlAttribute;
      return {
        TimeToLiveDescription: attribute
          ? { TimeToLiveStatus: "ENABLED", AttributeName: attribute }
          : { TimeToLiveStatus: "DISABLED" },
      };
    },
  };
}

/** A table may also be given by its ARN. */
function bareName(table: unknown): string {
  return String(table).replace(/^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\//, "");
}

/** Adds an option that dynalite lacks: a failed condition may return the item as it is. */
async function runWithOldItem(
  engine: Engine,
  operation: EngineOperation,
  input: Record<string, unknown>,
): Promise<object> {
  const { ReturnValuesOnConditionCheckFailure: wanted, ...rest } = input;
  try {
    return await engine.run<object>(operation, rest);
  } catch (error) {
    if (wanted !== "ALL_OLD" || !isCloudError(error) || error.code !== "ConditionalCheckFailedException") throw error;
    const { TableName } = input;
    const { Table } = await engine.run<{ Table: { KeySchema: { AttributeName: string }[] } }>("DescribeTable", {
      TableName,
    });
    const item = (input.Key ?? input.Item) as Record<string, unknown>;
    const Key = Object.fromEntries(Table.KeySchema.map(({ AttributeName: name }) => [name, item[name]]));
    const { Item } = await engine.run<{ Item?: object }>("GetItem", { TableName, Key, ConsistentRead: true });
    throw Object.assign(cloudError(error.code, error.status, error.message), { details: Item ? { Item } : {} });
  }
}

/**
 * Deletes expired items, unless they changed meanwhile. Times more than five years back count as mistakes, as on AWS.
 */
async function sweepAll(engine: Engine, tables: readonly DeclaredTable[], now: () => number): Promise<number> {
  const seconds = Math.floor(now() / 1000);
  let deleted = 0;
  for (const { name: TableName, ttlAttribute, hashKey, rangeKey } of tables) {
    if (ttlAttribute === undefined) continue;
    const expired = {
      TableName,
      FilterExpression: "#ttl BETWEEN :least AND :now",
      ExpressionAttributeNames: { "#ttl": ttlAttribute },
      ExpressionAttributeValues: {
        ":least": { N: String(seconds - 5 * 365 * 86_400) },
        ":now": { N: String(seconds - 1) },
      },
    };
    for await (const item of allItems(engine, expired)) {
      const keys = rangeKey === undefined ? [hashKey] : [hashKey, rangeKey];
      try {
        await engine.run("DeleteItem", {
          TableName,
          Key: Object.fromEntries(keys.map((key) => [key, item[key]])),
          ConditionExpression: "#ttl = :seen",
          ExpressionAttributeNames: { "#ttl": ttlAttribute },
          ExpressionAttributeValues: { ":seen": item[ttlAttribute] },
        });
        deleted++;
      } catch (error) {
        if (!isCloudError(error) || error.code !== "ConditionalCheckFailedException") throw error;
      }
    }
  }
  return deleted;
}

function reportSweep(error: unknown): void {
  console.error("DynamoDB: expired items could not be deleted, and are looked for again in a minute:", error);
}
