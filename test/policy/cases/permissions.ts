import { bucketArn, document, unknown, type Case, type Given } from "../harness";

const rolePolicy = (policy: unknown): Given => ["aws:iam/rolePolicy:RolePolicy", { policy }];
const allowing = (statement: object) => [rolePolicy(document({ Effect: "Allow", ...statement }))];
const readOne = { Action: "s3:GetObject", Resource: `${bucketArn}/*` };
const queuePolicy = (statement: object): Given => [
  "aws:sqs/queuePolicy:QueuePolicy",
  { policy: document({ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*", ...statement }) },
];
const permission = (props: object): Given => ["aws:lambda/permission:Permission", { function: "f", ...props }];

/** The permissions of roles, and the callers of a function, a queue or a topic. */
export const permissions: readonly Case[] = [
  // Values that a preview does not know.
  {
    title: "a policy of which a part is not known yet as exact",
    resources: [rolePolicy({ Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: unknown }] })],
    expected: [],
  },
  {
    title: "a managed policy beside one that is not known yet",
    resources: [["aws:iam/role:Role", { managedPolicyArns: [unknown, "arn:aws:iam::aws:policy/AdministratorAccess"] }]],
    expected: ["iam-no-broad-managed-policy"],
  },
  // IAM.
  { title: "an exact policy as in order", resources: allowing(readOne), expected: [] },
  ...[
    { NotAction: "iam:*", Resource: bucketArn },
    { Action: "s3:GetObject", NotResource: bucketArn },
    { Action: "s3:GetObject", Resource: "arn:aws:s3:::*" },
    { Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:*:*:*" },
    { Action: "s3:GetObjec?", Resource: bucketArn },
  ].map((statement) => ({
    title: `${JSON.stringify(statement)} as inexact`,
    resources: allowing(statement),
    expected: ["iam-exact"],
  })),
  ...(
    [
      [
        "aws:iam/role:Role",
        { inlinePolicies: [{ policy: unknown }, { policy: document({ Effect: "Allow", Action: "*" }) }] },
      ],
      ["aws:iam/userPolicy:UserPolicy", { policy: document({ Effect: "Allow", Action: "*" }) }],
      ["aws:iam/groupPolicy:GroupPolicy", { policy: document({ Effect: "Allow", Action: "*" }) }],
    ] as Given[]
  ).map((resource) => ({ title: `a wildcard in a ${resource[0]}`, resources: [resource], expected: ["iam-exact"] })),
  ...["AdministratorAccess", "AmazonS3FullAccess"].map((name) => ({
    title: `a role with the managed policy ${name}`,
    resources: [["aws:iam/role:Role", { managedPolicyArns: [`arn:aws:iam::aws:policy/${name}`] }] as Given],
    expected: ["iam-no-broad-managed-policy"],
  })),
  // Resources that everybody may call.
  {
    title: "a function for everybody",
    resources: [permission({ principal: "*" })],
    expected: ["permission-from-one-source"],
  },
  {
    title: "a function for an organization as in order",
    resources: [permission({ principal: "*", principalOrgId: "o-1" })],
    expected: [],
  },
  {
    title: "a function for a topic that is not known yet as in order",
    resources: [permission({ principal: "sns.amazonaws.com", sourceArn: unknown })],
    expected: [],
  },
  {
    title: "a URL that asks nobody who calls",
    resources: [["aws:lambda/functionUrl:FunctionUrl", { authorizationType: "NONE" }]],
    expected: ["function-url-authorized"],
  },
  { title: "a queue for everybody", resources: [queuePolicy({})], expected: ["message-policy-closed"] },
  {
    title: "a topic for everybody",
    resources: [["aws:sns/topicPolicy:TopicPolicy", queuePolicy({ Principal: { AWS: "*" } })[1]]],
    expected: ["message-policy-closed"],
  },
  {
    title: "a queue for one source as in order",
    resources: [queuePolicy({ Condition: { ArnEquals: { "aws:SourceArn": bucketArn } } })],
    expected: [],
  },
  // Values that are not a policy.
  ...["{", "null", '{"Statement":["x"]}'].map((policy) => ({
    title: `the policy ${policy} of a role as broken`,
    resources: [rolePolicy(policy)],
    expected: ["iam-exact"],
  })),
];
