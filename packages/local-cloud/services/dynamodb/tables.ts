import { isDeepStrictEqual, promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

import { updateIndexes, type Index, type Table } from "dynalite/db";

import type { Engine } from "./engine";

/** A table as the program declares it, in the DynamoDB API's own terms. */
export interface DeclaredTable {
  readonly name: string;
  /** The attributes of all keys, and their types. */
  readonly attributes: readonly { readonly name: string; readonly type: "S" | "N" | "B" }[];
  readonly hashKey: string;
  readonly rangeKey?: string | undefined;
  readonly globalSecondaryIndexes?: readonly DeclaredIndex[] | undefined;
  /** Their hash key is the table's. */
  readonly localSecondaryIndexes?: readonly Omit<DeclaredIndex, "hashKey">[] | undefined;
  /** The attribute with the time, in epoch seconds, after which an item may be deleted. */
  readonly ttlAttribute?: string | undefined;
}

export interface DeclaredIndex {
  readonly name: string;
  readonly hashKey: string;
  readonly rangeKey?: string | undefined;
  readonly projectionType: "ALL" | "KEYS_ONLY" | "INCLUDE";
  readonly nonKeyAttributes?: readonly string[] | undefined;
}

/**
 * Creates the missing tables, and updates the indexes of the existing ones to the declared ones.
 *
 * @param unclean whether the last run was killed: an index entry and its item are two writes, so the indexes are
 * rebuilt
 * @throws Error naming table, keys and fix if a table is kept under another key
 */
export async function settleTables(
  engine: Engine,
  tables: readonly DeclaredTable[],
  folder: string,
  unclean: boolean,
): Promise<void> {
  for (const declared of tables) {
    const kept = await find(engine, declared.name);
    if (!kept) await make(engine, declared);
    else await adapt(engine, kept, declared, folder, unclean);
  }
}

async function find(engine: Engine, name: string): Promise<Table | undefined> {
  return new Promise((resolve, reject) => {
    engine.store.getTable(name, false, (error, table) => {
      if (error && (error as Error & { statusCode?: number }).statusCode === undefined) reject(error);
      else resolve(table);
    });
  });
}

async function make(engine: Engine, declared: DeclaredTable): Promise<void> {
  await engine.run("CreateTable", toCreateTable(declared));
  while ((await find(engine, declared.name))?.TableStatus !== "ACTIVE") await sleep(1);
}

async function adapt(
  engine: Engine,
  kept: Table,
  declared: DeclaredTable,
  folder: string,
  unclean: boolean,
): Promise<void> {
  const wanted = toCreateTable(declared);
  const key = ({ KeySchema, AttributeDefinitions }: Pick<Table, "KeySchema" | "AttributeDefinitions">) =>
    KeySchema.map(({ AttributeName, KeyType }) => {
      const type = AttributeDefinitions.find((attribute) => attribute.AttributeName === AttributeName)?.AttributeType;
      return `${AttributeName} (${type}, ${KeyType})`;
    }).join(" and ");
  if (key(kept) !== key(wanted)) {
    throw new Error(
      `${folder} keeps the table ${declared.name} by the key ${key(kept)}, but the program declares ${key(wanted)}. ` +
        `A table's key cannot change: give the table another name, or delete ${folder}.`,
    );
  }
  const indexes = ({ GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] }: Partial<Table>) => ({
    global: GlobalSecondaryIndexes.map(bareIndex),
    local: LocalSecondaryIndexes.map(bareIndex),
  });
  const changed = !isDeepStrictEqual(indexes(kept), indexes(wanted));
  const has = (wanted.GlobalSecondaryIndexes ?? wanted.LocalSecondaryIndexes) !== undefined;
  if (changed || (unclean && has)) await rebuildIndexes(engine, kept, wanted);
}

async function rebuildIndexes(engine: Engine, kept: Table, wanted: CreateTable): Promise<void> {
  const { store } = engine;
  const table = { ...kept, AttributeDefinitions: wanted.AttributeDefinitions };
  delete table.GlobalSecondaryIndexes;
  delete table.LocalSecondaryIndexes;
  for (const kind of ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] as const) {
    const scope = kind === "GlobalSecondaryIndexes" ? "global" : "local";
    for (const { IndexName } of kept[kind] ?? []) {
      await promisify(store.deleteIndexDb.bind(store))(scope, kept.TableName, IndexName);
    }
    const arn = `arn:aws:dynamodb:${store.tableDb.awsRegion}:${store.tableDb.awsAccountId}:table/${kept.TableName}`;
    const indexes = wanted[kind]?.map((index) => ({
      ...index,
      IndexArn: `${arn}/index/${index.IndexName}`,
      IndexStatus: "ACTIVE",
      IndexSizeBytes: 0,
      ItemCount: 0,
      ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0, NumberOfDecreasesToday: 0 },
    }));
    if (indexes) table[kind] = indexes;
  }
  await promisify(store.tableDb.put.bind(store.tableDb))(kept.TableName, table);
  for await (const item of allItems(engine, { TableName: kept.TableName })) {
    await promisify(updateIndexes)(store, table, undefined, item);
  }
}

type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Every item that a Scan with this input returns, page by page. */
export async function* allItems(engine: Engine, input: { TableName: string }): AsyncGenerator<Item> {
  let ExclusiveStartKey: object | undefined;
  do {
    const page = await engine.run<{ Items: Item[]; LastEvaluatedKey?: object }>("Scan", {
      ...input,
      ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
    });
    yield* page.Items;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

type CreateTable = Omit<Table, "TableStatus"> & { BillingMode: string };

function toCreateTable(declared: DeclaredTable): CreateTable {
  const { globalSecondaryIndexes: global, localSecondaryIndexes: local } = declared;
  return {
    TableName: declared.name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: declared.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: toKeySchema(declared),
    ...(global?.length ? { GlobalSecondaryIndexes: global.map(toIndex) } : {}),
    ...(local?.length
      ? { LocalSecondaryIndexes: local.map((index) => toIndex({ ...index, hashKey: declared.hashKey })) }
      : {}),
  };
}

function toIndex(index: DeclaredIndex): Index {
  const { projectionType, nonKeyAttributes } = index;
  return {
    IndexName: index.name,
    KeySchema: toKeySchema(index),
    Projection: {
      ProjectionType: projectionType,
      ...(nonKeyAttributes?.length ? { NonKeyAttributes: [...nonKeyAttributes] } : {}),
    },
  };
}

function toKeySchema({ hashKey, rangeKey }: Pick<DeclaredIndex, "hashKey" | "rangeKey">) {
  return [
    { AttributeName: hashKey, KeyType: "HASH" },
    ...(rangeKey === undefined ? [] : [{ AttributeName: rangeKey, KeyType: "RANGE" }]),
  ];
}

function bareIndex({ IndexName, KeySchema, Projection }: Index): Index {
  return { IndexName, KeySchema, Projection };
}
