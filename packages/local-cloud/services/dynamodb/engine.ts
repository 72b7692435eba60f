import batchGetItem from "dynalite/actions/batchGetItem";
import batchWriteItem from "dynalite/actions/batchWriteItem";
import createTable from "dynalite/actions/createTable";
import deleteItem from "dynalite/actions/deleteItem";
import describeTable from "dynalite/actions/describeTable";
import getItem from "dynalite/actions/getItem";
import listTables from "dynalite/actions/listTables";
import putItem from "dynalite/actions/putItem";
import query from "dynalite/actions/query";
import scan from "dynalite/actions/scan";
import updateItem from "dynalite/actions/updateItem";
import { create, type Store } from "dynalite/db";
import * as validations from "dynalite/validations";
import * as batchGetItemRules from "dynalite/validations/batchGetItem";
import * as batchWriteItemRules from "dynalite/validations/batchWriteItem";
import * as createTableRules from "dynalite/validations/createTable";
import * as deleteItemRules from "dynalite/validations/deleteItem";
import * as describeTableRules from "dynalite/validations/describeTable";
import * as getItemRules from "dynalite/validations/getItem";
import * as listTablesRules from "dynalite/validations/listTables";
import * as putItemRules from "dynalite/validations/putItem";
import * as queryRules from "dynalite/validations/query";
import * as scanRules from "dynalite/validations/scan";
import * as updateItemRules from "dynalite/validations/updateItem";

import { setupError } from "../../errors";
import { cloudError, type CloudIdentity } from "../../gateway/service";
import { corrected, withoutDoubleNot, type Expression } from "./expressions";

type Action = typeof putItem;
type Rules = typeof putItemRules;

const operations = {
  BatchGetItem: [batchGetItem, batchGetItemRules],
  BatchWriteItem: [batchWriteItem, batchWriteItemRules],
  CreateTable: [createTable, createTableRules],
  DeleteItem: [deleteItem, deleteItemRules],
  DescribeTable: [describeTable, describeTableRules],
  GetItem: [getItem, getItemRules],
  ListTables: [listTables, listTablesRules],
  PutItem: [putItem, putItemRules],
  Query: [query, queryRules],
  Scan: [scan, scanRules],
  UpdateItem: [updateItem, updateItemRules],
} satisfies Record<string, [Action, Rules]>;

export type EngineOperation = keyof typeof operations;

/** Dynalite without its HTTP server: its store and operations, called in the process. */
export interface Engine {
  readonly store: Store;
  /** Performs an operation, named and shaped as in the DynamoDB API. @throws CloudError as DynamoDB would */
  run<Answer>(operation: EngineOperation, input: object): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Opens the database.
 *
 * @param folder the folder of its files
 * @throws Error when another process has it open
 */
export async function openEngine(folder: string, identity: CloudIdentity): Promise<Engine> {
  const store = create({ path: folder, createTableMs: 0 });
  store.tableDb.awsAccountId = identity.accountId;
  store.tableDb.awsRegion = identity.region;
  try {
    await store.db.open();
  } catch (error) {
    const locked = ((error as Error).cause as { code?: string } | undefined)?.code === "LEVEL_LOCKED";
    if (!locked) throw error;
    throw setupError(
      "FOLDER_IN_USE",
      `The DynamoDB data in ${folder} is in use by another instance, and only one at a time can write it. ` +
        `Stop the other one, or choose another data folder.`,
      { cause: error },
    );
  }
  return {
    store,
    run: <Answer>(operation: EngineOperation, input: object) => run<Answer>(store, operation, input),
    close: () => store.db.close(),
  };
}

function run<Answer>(store: Store, operation: EngineOperation, input: object): Promise<Answer> {
  const [action, rules] = operations[operation];
  // Dynalite drops unknown members, which would turn an option into a false success.
  // Every read of the store is consistent, so asking for consistency changes nothing.
  const unknown = Object.keys(input).find(
    (parameter) => parameter !== "ConsistentRead" && !Object.hasOwn(rules.types, parameter),
  );
  if (unknown !== undefined) {
    throw cloudError("NotImplemented", 501, `The local cloud's dynamodb does not serve ${operation} with ${unknown}.`);
  }
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(toCloudError(error as Error));
    try {
      const data: Checked = validations.checkTypes(readable(input), rules.types);
      validations.checkValidations(data, rules.types, rules.custom, store);
      for (const parsed of [data._condition, data._filter]) {
        if (parsed) parsed.expression = corrected(parsed.expression);
      }
      action(store, data, (error, answer) => (error ? fail(error) : resolve(answer as Answer)));
    } catch (error) {
      fail(error);
    }
  });
}

/** An input after its validation, which parses its expressions. */
interface Checked {
  readonly _condition?: { expression: Expression };
  readonly _filter?: { expression: Expression };
}

/** The input with its expressions rewritten to dynalite's grammar. */
function readable(input: object): object {
  const texts = Object.entries(input).filter(
    (entry): entry is [string, string] =>
      ["ConditionExpression", "FilterExpression"].includes(entry[0]) && typeof entry[1] === "string",
  );
  return { ...input, ...Object.fromEntries(texts.map(([name, text]) => [name, withoutDoubleNot(text)])) };
}

/** Dynalite's errors carry the answer's body and status. */
function toCloudError(error: Error & { statusCode?: number; body?: Record<string, string> }): Error {
  if (error.statusCode === undefined || error.body === undefined) return error;
  const { __type: type = "", message, Message } = error.body;
  return cloudError(type.split("#").at(-1) ?? type, error.statusCode, message ?? Message ?? "");
}
