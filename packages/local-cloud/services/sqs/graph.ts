import { keyFinder, type DeclaredResourcePolicy, type EncryptedResource } from "../../iam";
import type { ProgramGraph } from "../../program/graph";
import { inlinePolicies, nameIn, nodesOf, policyOf, type Node } from "../../program/nodes";
import type { DeclaredQueue } from "./queue";

export const queueType = "aws:sqs/queue:Queue";
export const queuePolicyType = "aws:sqs/queuePolicy:QueuePolicy";

export function readQueues(graph: ProgramGraph): readonly DeclaredQueue[] {
  return nodesOf(graph, queueType).map((node) => ({
    name: node.required("name"),
    arn: node.required("arn"),
    visibilityTimeoutSeconds: node.number("visibilityTimeoutSeconds"),
    messageRetentionSeconds: node.number("messageRetentionSeconds"),
    deadLetters: deadLettersOf(node, graph),
  }));
}

/** @throws Error naming the queue if its redrive policy is none, or names a queue that the program does not declare */
function deadLettersOf(node: Node, graph: ProgramGraph): DeclaredQueue["deadLetters"] {
  const policy = node.text("redrivePolicy");
  if (policy === undefined) return undefined;
  const { deadLetterTargetArn: arn, maxReceiveCount } = JSON.parse(policy) as Record<string, unknown>;
  const maxReceives = Number(maxReceiveCount);
  // SQS's own limits.
  if (!Number.isInteger(maxReceives) || maxReceives < 1 || maxReceives > 1000) {
    throw new Error(
      `The redrive policy of ${node.name} has the maxReceiveCount ${String(maxReceiveCount)}, but SQS takes 1 to 1000.`,
    );
  }
  if (typeof arn !== "string" || !nodesOf(graph, queueType).some((queue) => queue.text("arn") === arn)) {
    throw new Error(`The redrive policy of ${node.name} names ${String(arn)}, which is no queue of the program.`);
  }
  return { arn, maxReceives };
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

/** SQS encrypts with the sender's rights, and decrypts with the receiver's. */
const keyNeeds = { "sqs:SendMessage": ["kms:GenerateDataKey", "kms:Decrypt"], "sqs:ReceiveMessage": ["kms:Decrypt"] };

export function readEncryptedQueues(graph: ProgramGraph): readonly EncryptedResource[] {
  const keyOf = keyFinder(graph);
  return nodesOf(graph, queueType).flatMap((node) => {
    const keyArn = keyOf(node.text("kmsMasterKeyId"));
    return keyArn === undefined
      ? []
      : [{ resource: node.required("arn"), keyArn, needs: keyNeeds, code: "KmsAccessDenied" }];
  });
}
