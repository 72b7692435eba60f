import { keyFinder, type EncryptedResource } from "../../iam";
import type { ProgramGraph } from "../../program/graph";
import { blocksOf, nodesOf, textOf, textsOf, type Block } from "../../program/nodes";
import type { DeclaredIndex, DeclaredTable } from "./tables";

export const tableType = "aws:dynamodb/table:Table";

export function readTables(graph: ProgramGraph): readonly DeclaredTable[] {
  return nodesOf(graph, tableType).map((node) => {
    const ttl = node.block("ttl");
    return {
      name: node.required("name"),
      attributes: node.blocks("attributes").map((block) => ({
        name: String(block["name"]),
        type: String(block["type"]) as "S" | "N" | "B",
      })),
      hashKey: node.required("hashKey"),
      rangeKey: node.text("rangeKey"),
      globalSecondaryIndexes: node
        .blocks("globalSecondaryIndexes")
        .map((block) => ({ ...indexOf(block), hashKey: globalHashKey(block) })),
      localSecondaryIndexes: node.blocks("localSecondaryIndexes").map(indexOf),
      ttlAttribute: ttl?.["enabled"] === false ? undefined : textOf(ttl?.["attributeName"]),
    };
  });
}

/** Every operation on rows; DynamoDB decrypts the table's own key for each caller. */
const rowActions = [
  "BatchGetItem",
  "BatchWriteItem",
  "ConditionCheckItem",
  "DeleteItem",
  "GetItem",
  "PutItem",
  "Query",
  "Scan",
  "UpdateItem",
];

export function readEncryptedTables(graph: ProgramGraph): readonly EncryptedResource[] {
  const keyOf = keyFinder(graph);
  const needs = Object.fromEntries(rowActions.map((action) => [`dynamodb:${action}`, ["kms:Decrypt"]]));
  return nodesOf(graph, tableType).flatMap((node) => {
    const keyArn = keyOf(textOf(node.block("serverSideEncryption")?.["kmsKeyArn"]));
    return keyArn === undefined ? [] : [{ resource: node.required("arn"), keyArn, needs }];
  });
}

function indexOf(block: Block): Omit<DeclaredIndex, "hashKey"> {
  const { nonKeyAttributes } = block;
  return {
    name: String(block["name"]),
    projectionType: (textOf(block["projectionType"]) ?? "ALL") as DeclaredIndex["projectionType"],
    nonKeyAttributes: nonKeyAttributes === undefined ? undefined : textsOf(nonKeyAttributes),
    rangeKey: textOf(block["rangeKey"]),
  };
}

/** Newer providers write `keySchemas` instead of `hashKey`. */
function globalHashKey(block: Block): string {
  const schema = blocksOf(block["keySchemas"]).find(({ keyType }) => keyType === "HASH");
  return String(block["hashKey"] ?? schema?.["attributeName"]);
}
