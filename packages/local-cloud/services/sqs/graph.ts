import type { DeclaredResourcePolicy } from "../../iam";
import type { ProgramGraph } from "../../program/graph";
import { inlinePolicies, nameIn, nodesOf, policyOf } from "../../program/nodes";
import type { DeclaredQueue } from "./queue";

export const queueType = "aws:sqs/queue:Queue";
export const queuePolicyType = "aws:sqs/queuePolicy:QueuePolicy";

export function readQueues(graph: ProgramGraph): readonly DeclaredQueue[] {
  return nodesOf(graph, queueType).map((node) => ({
    name: node.required("name"),
    arn: node.required("arn"),
    visibilityTimeoutSeconds: node.number("visibilityTimeoutSeconds"),
    messageRetentionSeconds: node.number("messageRetentionSeconds"),
  }));
}

export function readQueuePolicies(graph: ProgramGraph): readonly DeclaredResourcePolicy[] {
  const arnOf = (url: string): string =>
    nodesOf(graph, queueType)
      .find((queue) => queue.id === url || queue.text("name") === nameIn(url))
      ?.required("arn") ?? url;
  return [
    ...nodesOf(graph, queuePolicyType).map((node) => policyOf(node, arnOf(node.required("queueUrl")))),
    ...inlinePolicies(graph, queueType),
  ];
}
