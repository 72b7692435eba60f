import type { ProgramGraph } from "../program/graph";
import type { DeclaredResourcePolicy, DeclaredRole } from ".";
import { nameIn, nodesOf, textOf, type Node } from "../program/nodes";

/** The declared roles, each with everything that was attached to it. */
export function readRoles(graph: ProgramGraph): readonly DeclaredRole[] {
  const inline = nodesOf(graph, "aws:iam/rolePolicy:RolePolicy");
  const attachments = nodesOf(graph, "aws:iam/rolePolicyAttachment:RolePolicyAttachment");
  const managed = new Map(nodesOf(graph, "aws:iam/policy:Policy").map((policy) => [policy.required("arn"), policy]));
  return nodesOf(graph, "aws:iam/role:Role").map((role) => {
    const isOfRole = (node: Node): boolean => nameIn(node.required("role")) === nameIn(role.required("arn"));
    const attached = [
      ...attachments.filter(isOfRole).map((node) => node.required("policyArn")),
      ...role.texts("managedPolicyArns"),
    ];
    return {
      arn: role.required("arn"),
      trust: role.required("assumeRolePolicy"),
      policies: [
        ...role.blocks("inlinePolicies").flatMap((block) => {
          const document = textOf(block["policy"]);
          return document === undefined ? [] : [{ name: textOf(block["name"]) ?? "inline", document }];
        }),
        ...inline
          .filter(isOfRole)
          .map((node) => ({ name: node.text("name") ?? node.name, document: node.required("policy") })),
        ...attached.flatMap((arn) => {
          const policy = managed.get(arn);
          return policy ? [{ name: policy.required("name"), document: policy.required("policy") }] : [];
        }),
      ],
      managedPolicyArns: attached.filter((arn) => !managed.has(arn)),
    };
  });
}

/** The policies of buckets, topics, queues and functions. */
export function readResourcePolicies(graph: ProgramGraph): readonly DeclaredResourcePolicy[] {
  const bucketArn = (name: string): string => `arn:${graph.partition}:s3:::${name}`;
  const queueArn = (url: string): string =>
    nodesOf(graph, "aws:sqs/queue:Queue")
      .find((queue) => queue.id === url || queue.text("name") === nameIn(url))
      ?.required("arn") ?? url;
  const policy = (node: Node, resource: string): DeclaredResourcePolicy => ({
    resource,
    name: node.name,
    document: node.required("policy"),
  });
  return [
    ...nodesOf(graph, "aws:s3/bucketPolicy:BucketPolicy").map((node) =>
      policy(node, bucketArn(node.required("bucket"))),
    ),
    ...nodesOf(graph, "aws:sns/topicPolicy:TopicPolicy").map((node) => policy(node, node.required("arn"))),
    ...nodesOf(graph, "aws:sqs/queuePolicy:QueuePolicy").map((node) =>
      policy(node, queueArn(node.required("queueUrl"))),
    ),
    // A policy given with the topic or queue itself; one of its own replaces it.
    ...nodesOf(graph, "aws:sns/topic:Topic", "aws:sqs/queue:Queue")
      .filter((node) => node.inputs["policy"] !== undefined)
      .map((node) => policy(node, node.required("arn"))),
    ...nodesOf(graph, "aws:lambda/permission:Permission").map((node) => permission(node, graph)),
  ];
}

/** AddPermission's statement on a function. */
function permission(node: Node, graph: ProgramGraph): DeclaredResourcePolicy {
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
