import type { LocalService } from "../module";
import { readEncryptedTables, readTables, tableType } from "./graph";
import { startDynamoDb, type DeclaredTable, type DynamoDb } from "./index";

export const dynamodb: LocalService<readonly DeclaredTable[], DynamoDb> = {
  name: "dynamodb",
  serves: [tableType],
  encrypted: readEncryptedTables,
  declared: readTables,
  async open({ folder, identity }, tables) {
    const part = await startDynamoDb({ folder: folder("tables"), identity, tables });
    return { part, wire: part };
  },
};
