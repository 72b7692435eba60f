import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { AvatarPipeline, type AvatarPipelineArgs } from "avatar-pipeline";
import { evaluate } from "../components/harness";
import { cases } from "./cases";
import { document, policies, violations } from "./harness";

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

  it("finds nothing on an audit trail but the policy that awsx gives its bucket, which is not made here", async () => {
    const args = { audit: { enabled: true }, encryption: { kmsKeyArn } };
    const world = await evaluate(() => [new AvatarPipeline("avatars", args)], { stack: "prod" });
    expect(violations(world.resources)).to.deep.equal(["bucket-tls-only: avatars-audit"]);
  });

  describe("finds", () => {
    const allow = (Action: string, Resource: string) => document({ Effect: "Allow", Action, Resource });
    const table = { hashKey: "id", attributes: [{ name: "id", type: "S" }] };
    const safe = { pointInTimeRecovery: { enabled: true }, serverSideEncryption: { enabled: true } };
    const arn = "arn:aws:states:ap-southeast-1:123456789012:stateMachine:x";
    const role = "arn:aws:iam::123456789012:role/x";
    type Planted = pulumi.Resource | readonly pulumi.Resource[];
    const faults: readonly (readonly [string, readonly string[], () => Planted, string?])[] = [
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
        "a runtime that AWS no longer patches",
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
      [
        "a website that everybody may write to",
        ["bucket-website-read-only: x"],
        () => {
          const bucket = new aws.s3.Bucket("x");
          const of = { bucket: bucket.bucket };
          const website = new aws.s3.BucketWebsiteConfiguration("x", {
            ...of,
            indexDocument: { suffix: "index.html" },
          });
          const policy = JSON.stringify({
            Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: "*" }],
          });
          return [bucket, website, new aws.s3.BucketPolicy("x", { ...of, policy })];
        },
      ],
    ];
    for (const [title, expected, plant, stack] of faults) {
      it(title, async () => {
        const world = await evaluate(() => [plant()].flat(), { stack: stack ?? "dev" });
        expect(violations(world.resources)).to.deep.equal(expected);
      });
    }

    it("by every rule that it has, at least once", () => {
      const tried = [...faults.flatMap(([, expected]) => expected), ...cases.flatMap(({ expected }) => expected)];
      const names = new Set(tried.map((one) => one.split(":")[0]));
      expect([...names]).to.have.members(policies.map(({ name }) => name));
      for (const { name, description } of policies) expect(description, name).to.match(/^[A-Z].{10,}\.$/);
    });
  });
});
