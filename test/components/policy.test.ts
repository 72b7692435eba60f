import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { AvatarPipeline, type AvatarPipelineArgs } from "avatar-pipeline";
import { createRequire } from "node:module";
import { join } from "node:path";
import { evaluate, type Registered } from "./harness";

interface Policy {
  readonly name: string;
  readonly description: string;
  validateResource?(args: unknown, report: (message: string) => void): void;
  validateStack?(args: unknown, report: (message: string, urn: string) => void): void;
}
const root = join(__dirname, "../../..");
const { policies } = createRequire(__filename)(join(root, "policy/rules.js")) as { policies: readonly Policy[] };

/** What the rules report on what was registered: `rule: name of the resource`. */
function violations(registered: readonly Registered[]): string[] {
  const resources = registered
    .filter(({ existing }) => !existing)
    .map((one) => ({
      type: one.type,
      name: one.name,
      urn: one.urn,
      props: one.inputs,
      opts: { protect: one.protect },
      propertyDependencies: {},
    }));
  const buckets = new Map(registered.filter(({ type }) => type.endsWith(":Bucket")).map((one) => [one.urn, one]));
  // The engine tells the rules from which resource a property came; here the mock's physical names tell it.
  const linked = resources.map((one) => {
    const source = [...buckets.values()].find((bucket) => one.props["bucket"] === bucket.physicalId);
    return source === undefined ? one : { ...one, propertyDependencies: { bucket: [{ urn: source.urn }] } };
  });
  return policies.flatMap((policy) => {
    const found: string[] = [];
    for (const resource of linked) {
      policy.validateResource?.(resource, () => found.push(`${policy.name}: ${resource.name}`));
    }
    policy.validateStack?.({ resources: linked }, (_, urn) => found.push(`${policy.name}: ${urn.split("::").at(-1)}`));
    return found;
  });
}

/** A resource as the engine hands it to the rules: its type and inputs; all are named x and of one bucket. */
type Given = readonly [type: string, props: Readonly<Record<string, unknown>>];
interface Case {
  readonly title: string;
  readonly resources: readonly Given[];
  /** The rules that report, in the pack's order. */
  readonly expected: readonly string[];
  readonly stack?: string;
}

// The proxy and the mark of unknown texts with which Pulumi hands properties to rules: its own, which no type declares.
const { unknownCheckingProxy, unknownStringValue: unknown } = createRequire(__filename)("@pulumi/policy/proxy") as {
  unknownCheckingProxy(props: unknown): Readonly<Record<string, unknown>>;
  unknownStringValue: string;
};

function judge(given: readonly Given[], stack = "dev"): readonly string[] {
  const urn = (type: string) => `urn:pulumi:${stack}::school::${type}::x`;
  const bucket = given.find(([type]) => /:Bucket(V2)?$/.test(type))?.[0];
  const resources = given.map(([type, props]) => ({
    type,
    name: "x",
    urn: urn(type),
    props: unknownCheckingProxy(props),
    opts: { protect: false },
    propertyDependencies: bucket === undefined || type === bucket ? {} : { bucket: [{ urn: urn(bucket) }] },
  }));
  return policies
    .filter((policy) => {
      let reported = 0;
      for (const resource of resources) policy.validateResource?.(resource, () => reported++);
      policy.validateStack?.({ resources }, () => reported++);
      return reported > 0;
    })
    .map(({ name }) => name);
}

const document = (...Statement: readonly unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const s3 = (name: string, props: Given[1] = {}): Given => [
  `aws:s3/${name[0]!.toLowerCase()}${name.slice(1)}:${name}`,
  props,
];
const bucketArn = "arn:aws:s3:::x";
const tlsOnly = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [bucketArn, `${bucketArn}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const everybodyReads = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${bucketArn}/*` };
const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
const privateBucket = (policy: unknown, v2 = ""): Given[] => [
  s3(`Bucket${v2}`),
  s3("BucketPublicAccessBlock", closed),
  s3(`BucketServerSideEncryptionConfiguration${v2}`),
  s3("BucketPolicy", { policy }),
];
const website = [
  s3("Bucket"),
  s3("BucketWebsiteConfiguration"),
  s3("BucketPolicy", { policy: document(everybodyReads) }),
];
const variables = (values: Readonly<Record<string, string>>): Given => [
  "aws:lambda/function:Function",
  { runtime: "nodejs22.x", environment: { variables: values } },
];
const rolePolicy = (policy: unknown): Given => ["aws:iam/rolePolicy:RolePolicy", { policy }];
const allowing = (statement: object) => [rolePolicy(document({ Effect: "Allow", ...statement }))];
const readOne = { Action: "s3:GetObject", Resource: `${bucketArn}/*` };
const queuePolicy = (statement: object): Given => [
  "aws:sqs/queuePolicy:QueuePolicy",
  { policy: document({ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*", ...statement }) },
];
const permission = (props: object): Given => ["aws:lambda/permission:Permission", { function: "f", ...props }];
const openBucket = ["bucket-private", "bucket-tls-only", "bucket-encrypted"];

const given: readonly Case[] = [
  // What a preview does not know.
  { title: "a bucket whose policy is not known yet as refusing", resources: privateBucket(unknown), expected: [] },
  {
    title: "a policy of which a part is not known yet as exact",
    resources: [rolePolicy({ Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: unknown }] })],
    expected: [],
  },
  {
    title: "a bucket beside one whose policy is not known yet",
    resources: [
      ...privateBucket(unknown),
      ["aws:s3/bucketV2:BucketV2", {}],
      ["aws:sqs/queuePolicy:QueuePolicy", { policy: unknown }],
    ],
    expected: openBucket,
  },
  {
    title: "a password after a variable that is not known yet",
    resources: [variables({ TABLE: unknown, DB_PASSWORD: "x" })],
    expected: ["function-no-secret"],
  },
  {
    title: "a password that is not known yet by its name",
    resources: [variables({ DB_PASSWORD: unknown })],
    expected: ["function-no-secret"],
  },
  {
    title: "variables that are not known yet as free of secrets",
    resources: [
      ["aws:lambda/function:Function", { runtime: "nodejs22.x", environment: unknown }],
      variables({ A: unknown }),
    ],
    expected: [],
  },
  {
    title: "a managed policy beside one that is not known yet",
    resources: [["aws:iam/role:Role", { managedPolicyArns: [unknown, "arn:aws:iam::aws:policy/AdministratorAccess"] }]],
    expected: ["iam-no-broad-managed-policy"],
  },
  // Secrets.
  {
    title: "names of secrets, their ARNs and counts of tokens as no secrets",
    resources: [
      variables({
        DB_SECRET_ARN: "x",
        API_KEY_NAME: "x",
        API_KEY_ID: "x",
        MAX_TOKENS: "512",
        TOKEN_LIFETIME: "5",
        DB_SECRET: "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:x",
        PAGE: "https://x.example:443/@x",
      }),
    ],
    expected: [],
  },
  ...(
    [
      { API_TOKEN: "x" },
      { apiToken: "x" },
      { DATABASE: "postgres://u:hunter2@h/db" },
      { CACHE: "redis://:pw@h" },
    ] as Readonly<Record<string, string>>[]
  ).map((values) => ({
    title: `${JSON.stringify(values)} as a secret`,
    resources: [variables(values)],
    expected: ["function-no-secret"],
  })),
  // Websites.
  { title: "a website that everybody may read as in order", resources: website, expected: [] },
  ...["BucketVersioning", "BucketNotification", "BucketLifecycleConfiguration"].map((type) => ({
    title: `a website with a ${type} as a bucket with data`,
    resources: [...website, s3(type)],
    expected: openBucket,
  })),
  // TLS.
  {
    title: "a bucket that refuses requests without TLS as in order",
    resources: privateBucket(document(tlsOnly)),
    expected: [],
  },
  {
    title: "a bucket that names everybody in the longer way as in order",
    resources: privateBucket(document({ ...tlsOnly, Principal: { AWS: "*" } })),
    expected: [],
  },
  ...[
    { Principal: { AWS: "arn:aws:iam::123456789012:role/x" } },
    { Action: "s3:GetObject" },
    { Resource: bucketArn },
    { Resource: `${bucketArn}/*` },
    { Condition: { ...tlsOnly.Condition, StringEquals: { "aws:SourceAccount": "123456789012" } } },
    { Condition: undefined },
  ].map((change) => ({
    title: `a bucket that refuses requests without TLS only for ${JSON.stringify(change)}`,
    resources: privateBucket(document({ ...tlsOnly, ...change })),
    expected: ["bucket-tls-only"],
  })),
  // The older types.
  { title: "a BucketV2 without settings", resources: [s3("BucketV2")], expected: openBucket },
  { title: "a BucketV2 with V2 settings as in order", resources: privateBucket(document(tlsOnly), "V2"), expected: [] },
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
  // What everybody may call.
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
  // Production.
  ...["prod", "production", "prod-eu"].map((stack) => ({
    title: `unprotected photos in ${stack}`,
    resources: [...privateBucket(document(tlsOnly)), s3("BucketVersioning")],
    expected: ["production-protected"],
    stack,
  })),
  {
    title: "product-demo as no production",
    resources: [...privateBucket(document(tlsOnly)), s3("BucketVersioning")],
    expected: [],
    stack: "product-demo",
  },
  {
    title: "a bucket without versions in prod as no data",
    resources: privateBucket(document(tlsOnly)),
    expected: [],
    stack: "prod",
  },
  // What is no policy.
  ...["{", "null", '{"Statement":["x"]}'].map((policy) => ({
    title: `the policy ${policy} of a role as broken`,
    resources: [rolePolicy(policy)],
    expected: ["iam-exact"],
  })),
  {
    title: "the policy { of a bucket as broken",
    resources: privateBucket("{"),
    expected: ["bucket-website-read-only", "bucket-tls-only"],
  },
];

describe("The policy pack", () => {
  const kmsKeyArn = "arn:aws:kms:ap-southeast-1:123456789012:key/0f0e0d0c-0b0a-0908-0706-050403020100";
  const stacks: readonly (readonly [string, string, AvatarPipelineArgs])[] = [
    ["the defaults", "dev", {}],
    ["a disposable stack", "dev", { retention: { keepData: false } }],
    ["a protected stack", "prod", { retention: { keepData: true } }],
    ["a stack with a key of its own", "prod", { encryption: { kmsKeyArn } }],
    ["a stack over HTTP", "dev", { site: { https: false } }],
    ["a stack without a page", "prod", { site: { enabled: false } }],
  ];
  for (const [title, stack, args] of stacks) {
    it(`finds nothing on ${title}`, async () => {
      const world = await evaluate(() => [new AvatarPipeline("avatars", args)], { stack });
      expect(violations(world.resources)).to.deep.equal([]);
    });
  }

  describe("finds", () => {
    const allow = (action: string, on: string) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: on }] });
    const table = { hashKey: "id", attributes: [{ name: "id", type: "S" }] };
    const safe = { pointInTimeRecovery: { enabled: true }, serverSideEncryption: { enabled: true } };
    const arn = "arn:aws:states:ap-southeast-1:123456789012:stateMachine:x";
    const role = "arn:aws:iam::123456789012:role/x";
    const faults: readonly (readonly [string, readonly string[], () => pulumi.Resource, string?])[] = [
      [
        "a bucket without any settings",
        ["bucket-private: x", "bucket-tls-only: x", "bucket-encrypted: x"],
        () => new aws.s3.Bucket("x"),
      ],
      [
        "a table that cannot be had back",
        ["table-recoverable: x"],
        () => new aws.dynamodb.Table("x", { ...table, ...safe, pointInTimeRecovery: { enabled: false } }),
      ],
      [
        "a table without encryption",
        ["table-encrypted: x"],
        () => new aws.dynamodb.Table("x", { ...table, pointInTimeRecovery: { enabled: true } }),
      ],
      ["an open topic", ["topic-encrypted: x"], () => new aws.sns.Topic("x")],
      ["an open queue", ["queue-encrypted: x"], () => new aws.sqs.Queue("x")],
      ["a key that stays the same", ["key-rotates: x"], () => new aws.kms.Key("x")],
      ["logs that are kept for ever", ["log-retention: x"], () => new aws.cloudwatch.LogGroup("x")],
      [
        "a policy with a wildcard for actions",
        ["iam-exact: x"],
        () => new aws.iam.RolePolicy("x", { role, policy: allow("s3:*", "arn:aws:s3:::x") }),
      ],
      [
        "a policy on every resource",
        ["iam-exact: x"],
        () => new aws.iam.RolePolicy("x", { role, policy: allow("s3:GetObject", "*") }),
      ],
      [
        "a broad policy of AWS's",
        ["iam-no-broad-managed-policy: x"],
        () => new aws.iam.RolePolicyAttachment("x", { role, policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess" }),
      ],
      [
        "a secret in a function's environment",
        ["function-no-secret: x"],
        () =>
          new aws.lambda.Function("x", {
            role,
            runtime: "nodejs22.x",
            environment: { variables: { DB_PASSWORD: "x" } },
          }),
      ],
      [
        "a runtime that AWS no longer mends",
        ["function-runtime: x"],
        () => new aws.lambda.Function("x", { role, runtime: "nodejs18.x" }),
      ],
      [
        "a function that any account's topics may call",
        ["permission-from-one-source: x"],
        () =>
          new aws.lambda.Permission("x", {
            action: "lambda:InvokeFunction",
            function: "f",
            principal: "sns.amazonaws.com",
          }),
      ],
      [
        "a machine that logs its data",
        ["machine-logs-no-data: x"],
        () =>
          new aws.sfn.StateMachine("x", {
            roleArn: role,
            definition: "{}",
            loggingConfiguration: { includeExecutionData: true },
          }),
      ],
      [
        "a rule whose events can be lost",
        ["target-dead-letters: x"],
        () => new aws.cloudwatch.EventTarget("x", { rule: "r", arn }),
      ],
      [
        "unprotected rows in production",
        ["production-protected: x"],
        () => new aws.dynamodb.Table("x", { ...table, ...safe }),
        "prod",
      ],
    ];
    for (const [title, expected, plant, stack] of faults) {
      it(title, async () => {
        const world = await evaluate(() => [plant()], { stack: stack ?? "dev" });
        expect(violations(world.resources)).to.deep.equal(expected);
      });
    }

    it("a website that everybody may write to", async () => {
      const world = await evaluate(() => {
        const bucket = new aws.s3.Bucket("x");
        const of = { bucket: bucket.bucket };
        const website = new aws.s3.BucketWebsiteConfiguration("x", { ...of, indexDocument: { suffix: "index.html" } });
        const policy = JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: "*" }],
        });
        return [bucket, website, new aws.s3.BucketPolicy("x", { ...of, policy })];
      });
      expect(violations(world.resources)).to.deep.equal(["bucket-website-read-only: x"]);
    });

    it("by every rule that it has, at least once", () => {
      const tried = [...faults.flatMap(([, expected]) => expected), ...given.flatMap(({ expected }) => expected)];
      const names = new Set([...tried.map((one) => one.split(":")[0]), "bucket-website-read-only"]);
      expect([...names]).to.have.members(policies.map(({ name }) => name));
      for (const { name, description } of policies) expect(description, name).to.match(/^[A-Z].{10,}\.$/);
    });
  });

  describe("judges", () => {
    for (const { title, resources, expected, stack } of given) {
      it(title, () => expect(judge(resources, stack)).to.deep.equal(expected));
    }
  });
});
