/** The used parts of dynalite's insides: its store and its operations, without its HTTP server. */
declare module "dynalite/db" {
  export interface SubStore {
    awsAccountId: string;
    awsRegion: string;
    put(key: string, value: unknown, done: (error: Error | null) => void): void;
  }
  export interface Table {
    TableName: string;
    TableStatus: string;
    AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
    KeySchema: { AttributeName: string; KeyType: string }[];
    GlobalSecondaryIndexes?: Index[];
    LocalSecondaryIndexes?: Index[];
  }
  export interface Index {
    IndexName: string;
    KeySchema: { AttributeName: string; KeyType: string }[];
    Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
  }
  export interface Store {
    db: { open(): Promise<void>; close(): Promise<void> };
    tableDb: SubStore;
    getTable(name: string, checkStatus: boolean, done: (error: Error | null, table?: Table) => void): void;
    deleteIndexDb(kind: "local" | "global", table: string, index: string, done: (error: Error | null) => void): void;
  }
  export function create(options: { path?: string; createTableMs?: number }): Store;
  export function updateIndexes(
    store: Store,
    table: Table,
    existing: unknown,
    item: unknown,
    done: (error: Error | null) => void,
  ): void;
}

declare module "dynalite/validations" {
  import type { Store } from "dynalite/db";
  export function checkTypes(data: object, types: object): object;
  export function checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}

declare module "dynalite/validations/*" {
  export const types: Record<string, unknown>;
  export const custom: unknown;
}

declare module "dynalite/actions/*" {
  import type { Store } from "dynalite/db";
  function action(store: Store, data: object, done: (error: Error | null, answer: object) => void): void;
  export = action;
}
