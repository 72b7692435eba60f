import { expect } from "chai";
import { createAuthorizer, keyFinder, type DeclaredKey } from "../../../../packages/local-cloud/iam";
import { readKeys } from "../../../../packages/local-cloud/iam/keys";
import type { Caller, CloudIdentity } from "../../../../packages/local-cloud/gateway/service";
import type { ProgramGraph, ResourceNode } from "../../../../packages/local-cloud/program/graph";

const identity: CloudIdentity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };
const roleArn = "arn:aws:iam::000000000000:role/reader";
const caller: Caller = { kind: "role", arn: "arn:aws:sts::000000000000:assumed-role/reader/reader" };
const operator: Caller = { kind: "operator", arn: "arn:aws:iam::000000000000:user/operator" };
const key = "arn:aws:kms:ap-southeast-1:000000000000:key/1234";
const bucket = "arn:aws:s3:::photos";
const queue = "arn:aws:sqs:ap-southeast-1:000000000000:dead";

const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string, more: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const account = { Principal: { AWS: "arn:aws:iam::000000000000:root" } };

function authorizerOf(granted: readonly object[], keys: readonly DeclaredKey[], used: string[] = []) {
  const mayRead = [allow(["s3:GetObject", "s3:PutObject"], `${bucket}/*`), allow("sqs:ReceiveMessage", queue)];
  return createAuthorizer({
    identity,
    roles: [{ arn: roleArn, policies: [{ name: "grants", document: policy(...mayRead, ...granted) }] }],
    resourcePolicies: [
      {
        resource: queue,
        name: "queue",
        document: policy(allow("sqs:SendMessage", queue, { Principal: { Service: "events.amazonaws.com" } })),
      },
    ],
    keys,
    encrypted: [
      {
        resource: bucket,
        keyArn: key,
        needs: { "s3:GetObject": ["kms:Decrypt"], "s3:PutObject": ["kms:GenerateDataKey"] },
      },
      {
        resource: queue,
        keyArn: key,
        needs: { "sqs:SendMessage": ["kms:GenerateDataKey", "kms:Decrypt"], "sqs:ReceiveMessage": ["kms:Decrypt"] },
        code: "KmsAccessDenied",
      },
    ],
    onAllowed: (_caller, action, resource) => used.push(`${action} ${resource}`),
  });
}

describe("a customer's key", () => {
  const reads = (granted: readonly object[], keys: readonly DeclaredKey[], used?: string[]) => () =>
    authorizerOf(granted, keys, used).authorize(caller, "s3:GetObject", `${bucket}/a.jpg`);

  it("refuses, in KMS's words, a caller whose policies do not allow its use", () => {
    expect(reads([], [{ arn: key }])).to.throw(
      `is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows the kms:Decrypt action`,
    );
    const writesOnly = [allow("kms:GenerateDataKey", key)];
    expect(reads(writesOnly, [{ arn: key }])).to.throw("kms:Decrypt");
    const used: string[] = [];
    authorizerOf(writesOnly, [{ arn: key }], used).authorize(caller, "s3:PutObject", `${bucket}/a.jpg`);
    expect(used).to.deep.equal([`s3:PutObject ${bucket}/a.jpg`, `kms:GenerateDataKey ${key}`]);
    expect(() =>
      authorizerOf([], [{ arn: key }]).authorize(operator, "s3:GetObject", `${bucket}/a.jpg`),
    ).not.to.throw();
  });

  it("is no matter of other buckets, and of actions that read and write nothing", () => {
    const authorizer = authorizerOf([allow("s3:*", "*")], [{ arn: key }]);
    authorizer.authorize(caller, "s3:GetObject", "arn:aws:s3:::photos-2/a.jpg");
    authorizer.authorize(caller, "s3:DeleteObject", `${bucket}/a.jpg`);
  });

  it("lets the caller's policies decide only if its own policy names the account", () => {
    const granted = [allow("kms:Decrypt", key)];
    expect(reads(granted, [{ arn: key }])).not.to.throw();
    expect(reads(granted, [])).not.to.throw();
    expect(reads(granted, [{ arn: key, policy: policy(allow("kms:*", "*", account)) }])).not.to.throw();
    const others = policy(allow("kms:*", "*", { Principal: { Service: "logs.amazonaws.com" } }));
    expect(reads(granted, [{ arn: key, policy: others }])).to.throw("kms:Decrypt");
    const viaQueues = {
      ...account,
      Condition: { StringEquals: { "kms:ViaService": "sqs.ap-southeast-1.amazonaws.com" } },
    };
    expect(reads(granted, [{ arn: key, policy: policy(allow("kms:*", "*", viaQueues)) }])).to.throw("kms:Decrypt");
  });

  it("may be allowed by its own policy alone, and denied by either", () => {
    const named = policy(allow("kms:Decrypt", "*", { Principal: { AWS: roleArn } }));
    expect(reads([], [{ arn: key, policy: named }])).not.to.throw();
    const denied = { Effect: "Deny", Action: "kms:*", Resource: "*" };
    expect(reads([denied], [{ arn: key, policy: named }])).to.throw("explicit deny in an identity-based policy");
    const closed = policy(allow("kms:*", "*", account), { ...denied, ...account });
    expect(reads([allow("kms:Decrypt", key)], [{ arn: key, policy: closed }])).to.throw(
      "explicit deny in a resource-based policy",
    );
  });

  it("is asked for services as well, whose requests name no source, under the service's own error code", () => {
    const send = (document: object) => () =>
      authorizerOf([], [{ arn: key, policy: document }]).authorizeService(
        "events.amazonaws.com",
        "sqs:SendMessage",
        queue,
        { "aws:SourceArn": "arn:aws:events:ap-southeast-1:000000000000:rule/uploads" },
      );
    const forEvents = { Principal: { Service: "events.amazonaws.com" } };
    const actions = ["kms:Decrypt", "kms:GenerateDataKey*"];
    expect(send(policy(allow(actions, "*", forEvents)))).not.to.throw();
    expect(send(policy(allow(actions, "*", account))))
      .to.throw("kms:GenerateDataKey")
      .with.property("code", "KmsAccessDenied");
    const fromHere = { ...forEvents, Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } } };
    expect(send(policy(allow(actions, "*", fromHere)))).to.throw("kms:GenerateDataKey");
  });
});

describe("the keys of a program", () => {
  const node = (type: string, id: string, inputs: Record<string, unknown>, outputs = inputs): ResourceNode => ({
    urn: `urn:pulumi:dev::sample::${type}::${id}`,
    type,
    name: id,
    id,
    custom: true,
    remote: false,
    inputs,
    outputs,
    dependencies: [],
  });
  const graph: ProgramGraph = {
    ...identity,
    project: "sample",
    stack: "dev",
    stackOutputs: {},
    resources: [
      node("aws:kms/key:Key", "1234", { policy: "first" }, { policy: "first", arn: key }),
      node("aws:kms/keyPolicy:KeyPolicy", "later", { keyId: "1234", policy: "later" }),
      node("aws:kms/alias:Alias", "alias/photos", { name: "alias/photos", targetKeyId: "1234" }),
    ],
  };

  it("have the policy that was set last", () => {
    expect(readKeys(graph)).to.deep.equal([{ arn: key, policy: "later" }]);
  });

  it("are found by ARN, id and alias; those that AWS manages are none", () => {
    const find = keyFinder(graph);
    for (const reference of [key, "1234", "alias/photos", "arn:aws:kms:ap-southeast-1:000000000000:alias/photos"]) {
      expect(find(reference)).to.equal(key);
    }
    expect(find("5678")).to.equal("arn:aws:kms:ap-southeast-1:000000000000:key/5678");
    expect(find("alias/aws/sns")).to.equal(undefined);
    expect(find(undefined)).to.equal(undefined);
  });
});
