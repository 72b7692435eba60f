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
      const tried = new Set(faults.flatMap(([, expected]) => expected.map((one) => one.split(":")[0])));
      expect([...tried, "bucket-website-read-only"]).to.have.members(policies.map(({ name }) => name));
      for (const { name, description } of policies) expect(description, name).to.match(/^[A-Z].{10,}\.$/);
    });
  });
});
