import { keyFinder, type DeclaredResourcePolicy, type EncryptedResource } from "../../iam";
import type { ProgramGraph } from "../../program/graph";
import { inlinePolicies, nodesOf, policyOf, type Node } from "../../program/nodes";
import type { DeclaredSubscription, DeclaredTopic } from "./topic";

export const topicType = "aws:sns/topic:Topic";
export const topicPolicyType = "aws:sns/topicPolicy:TopicPolicy";
export const subscriptionType = "aws:sns/topicSubscription:TopicSubscription";

const protocols = ["email", "email-json", "sqs", "lambda"] as const;

/** A topic and its name, which its ARN ends in. */
export interface NamedTopic extends DeclaredTopic {
  readonly name: string;
}

/**
 * The declared topics with their subscriptions.
 *
 * @param warn receives a line for each subscription of a kind that is not served
 */
export function readTopics(graph: ProgramGraph, warn: (line: string) => void): readonly NamedTopic[] {
  const subscriptions = nodesOf(graph, subscriptionType);
  return nodesOf(graph, topicType).map((topic) => {
    const arn = topic.required("arn");
    return {
      name: topic.required("name"),
      arn,
      displayName: topic.text("displayName"),
      subscriptions: subscriptions
        .filter((node) => node.text("topic") === arn)
        .flatMap((node) => subscriptionOf(node, warn)),
    };
  });
}

function subscriptionOf(node: Node, warn: (line: string) => void): DeclaredSubscription[] {
  const asked = node.text("protocol");
  const protocol = protocols.find((known) => known === asked);
  if (!protocol) {
    warn(`The subscription ${node.name} is of the kind ${asked ?? "none"}, which gets nothing in the local mode.`);
    return [];
  }
  const scope = node.text("filterPolicyScope");
  return [
    {
      arn: node.id,
      protocol,
      endpoint: node.required("endpoint"),
      rawMessageDelivery: node.flag("rawMessageDelivery"),
      filterPolicy: node.text("filterPolicy"),
      filterPolicyScope: scope === "MessageBody" || scope === "MessageAttributes" ? scope : undefined,
    },
  ];
}

export function readTopicPolicies(graph: ProgramGraph): readonly DeclaredResourcePolicy[] {
  return [
    ...nodesOf(graph, topicPolicyType).map((node) => policyOf(node, node.required("arn"))),
    ...inlinePolicies(graph, topicType),
  ];
}

/** SNS encrypts a message with the publisher's rights. */
const keyNeeds = { "sns:Publish": ["kms:GenerateDataKey", "kms:Decrypt"] };

export function readEncryptedTopics(graph: ProgramGraph): readonly EncryptedResource[] {
  const keyOf = keyFinder(graph);
  return nodesOf(graph, topicType).flatMap((node) => {
    const keyArn = keyOf(node.text("kmsMasterKeyId"));
    return keyArn === undefined
      ? []
      : [{ resource: node.required("arn"), keyArn, needs: keyNeeds, code: "KMSAccessDenied" }];
  });
}
