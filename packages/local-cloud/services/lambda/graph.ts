import type { DeclaredResourcePolicy } from "../../iam";
import { isArchive, type ArchiveNode, type ProgramGraph } from "../../program/graph";
import { nameIn, nodesOf, textOf, type Block, type Node } from "../../program/nodes";
import type { DeclaredFunction } from "./declared";

export const functionType = "aws:lambda/function:Function";
export const logGroupType = "aws:cloudwatch/logGroup:LogGroup";
export const layerType = "aws:lambda/layerVersion:LayerVersion";
export const permissionType = "aws:lambda/permission:Permission";

/** Lambda's own defaults. */
const defaultTimeout = 3;
const defaultMemory = 128;

/** @throws Error naming the function whose code is not declared with it, such as code in a bucket */
export function readFunctions(graph: ProgramGraph): readonly DeclaredFunction[] {
  const layers = new Map(nodesOf(graph, layerType).map((node) => [node.required("arn"), node]));
  const groups = new Set(nodesOf(graph, logGroupType).map((node) => node.required("name")));
  return nodesOf(graph, functionType).map((node) => ({
    name: node.required("name"),
    logGroup: logGroupOf(node, groups),
    isTraced: node.block("tracingConfig")?.["mode"] === "Active",
    arn: node.required("arn"),
    roleArn: node.required("role"),
    runtime: node.text("runtime") ?? "",
    handler: node.text("handler") ?? "",
    code: codeOf(node),
    layers: node.texts("layers").flatMap((arn) => {
      const layer = layers.get(arn);
      return layer ? [{ name: layer.required("layerName"), code: codeOf(layer) }] : [];
    }),
    environment: Object.fromEntries(
      Object.entries((node.block("environment")?.["variables"] ?? {}) as Block).map(([name, value]) => [
        name,
        String(value),
      ]),
    ),
    timeout: node.number("timeout") ?? defaultTimeout,
    memorySize: node.number("memorySize") ?? defaultMemory,
    reservedConcurrency: node.number("reservedConcurrentExecutions") ?? -1,
  }));
}

function logGroupOf(node: Node, declared: ReadonlySet<string>): DeclaredFunction["logGroup"] {
  const named = textOf(node.block("loggingConfig")?.["logGroup"]);
  const name = named ?? `/aws/lambda/${node.required("name")}`;
  return { name, isMade: named === undefined && !declared.has(name) };
}

function codeOf(node: Node): ArchiveNode {
  const { code } = node.inputs;
  const runtime = node.text("runtime");
  if (!isArchive(code)) {
    throw new Error(
      `${node.type} ${node.name} has its code elsewhere (a bucket or an image); the local mode needs it in the program.`,
    );
  }
  if (runtime !== undefined && !runtime.startsWith("nodejs")) {
    throw new Error(`${node.type} ${node.name} is for ${runtime}; the local mode runs functions for Node.js.`);
  }
  return code;
}

/** AddPermission's statements on functions. */
export function readPermissions(graph: ProgramGraph): readonly DeclaredResourcePolicy[] {
  return nodesOf(graph, permissionType).map((node) => permissionOf(node, graph));
}

function permissionOf(node: Node, graph: ProgramGraph): DeclaredResourcePolicy {
  const name = nameIn(node.required("function").replace(/:\$LATEST$/, ""));
  const resource = `arn:${graph.partition}:lambda:${graph.region}:${graph.accountId}:function:${name}`;
  const principal = node.required("principal");
  const sourceArn = node.text("sourceArn");
  const sourceAccount = node.text("sourceAccount");
  return {
    resource,
    name: node.name,
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal:
            principal === "*"
              ? "*"
              : principal.includes(".amazonaws.com")
                ? { Service: principal }
                : { AWS: principal },
          Action: node.required("action"),
          Resource: resource,
          ...(sourceArn === undefined && sourceAccount === undefined
            ? {}
            : {
                Condition: {
                  ...(sourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": sourceArn } }),
                  ...(sourceAccount === undefined ? {} : { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
                },
              }),
        },
      ],
    },
  };
}
