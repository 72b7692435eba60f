import { expect } from "chai";
import { AvatarPipeline } from "avatar-pipeline";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { steps } from "../../handlers/functions";
import {
  evaluate,
  readable,
  statementsOf,
  valueOf,
  type Evaluation,
  type PolicyStatement,
  type Registered,
} from "./harness";

type Pipelines = Evaluation<readonly AvatarPipeline[]>;

const emails = {
  operatorEmails: ["a@school.example"],
  successEmails: ["a@school.example"],
  failureEmails: ["a@school.example", "b@school.example"],
};
const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

/** The last part of a type: `Bucket`. */
const short = ({ type }: Registered) => type.slice(type.lastIndexOf(":") + 1);

describe("AvatarPipeline", () => {
  let world: Pipelines;
  let pipeline: AvatarPipeline;
  before(async () => {
    world = await evaluate(() => [new AvatarPipeline("avatars", { notifications: emails, site: { enabled: false } })]);
    pipeline = world.declared[0]!;
  });

  describe("declares", () => {
    const perFunction = ["Function", "LogGroup", "Role", "RolePolicy"];
    const alarms = ["flow-failed", "timed-out", "events-lost", "rekognition-throttled", "functions-throttled"];
    const expected: Record<string, readonly string[]> = {
      ...Object.fromEntries(
        [...alarms, "flow-throttled", "reconcile-failed", "reconcile-left", "photos-missed", "start-missed-failed"].map(
          (part) => [`avatars-${part}`, ["MetricAlarm"]],
        ),
      ),
      "avatars-operators": ["Key", "Topic", "TopicPolicy"],
      "avatars-operators-33bc47e4": ["TopicSubscription"],
      "avatars-photos": [
        "Bucket",
        "BucketLifecycleConfiguration",
        "BucketNotification",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "Dashboard",
      ],
      "avatars-avatars": ["Table"],
      "avatars-uploads": ["Table"],
      "avatars-faces": ["Collection"],
      "avatars-success": ["Topic", "TopicPolicy"],
      "avatars-success-33bc47e4": ["TopicSubscription"],
      "avatars-failure": ["Topic", "TopicPolicy"],
      "avatars-failure-33bc47e4": ["TopicSubscription"],
      "avatars-failure-d4f7ef8b": ["TopicSubscription"],
      "avatars-imaging": ["LayerVersion"],
      ...Object.fromEntries(steps.map(({ name }) => [`avatars-${kebab(name)}`, perFunction])),
      "avatars-reconcile": ["EventRule", "EventTarget", "Function", "LogGroup", "Permission", "Role", "RolePolicy"],
      "avatars-start-missed": ["EventRule", "EventTarget", "Function", "LogGroup", "Permission", "Role", "RolePolicy"],
      "avatars-erase-student": perFunction,
      "avatars-flow": ["LogGroup", "Role", "RolePolicy", "StateMachine"],
      "avatars-start": ["Role", "RolePolicy"],
      "avatars-dead-letters": ["MetricAlarm", "Queue", "QueuePolicy"],
      "avatars-uploaded": ["EventRule", "EventTarget"],
      "avatars-interrupted": ["EventRule", "EventTarget"],
    };

    it("exactly the resources of the design, each named by its part", () => {
      const found: Record<string, string[]> = {};
      for (const resource of world.resources.filter(({ type }) => !type.startsWith("avatar-pipeline:"))) {
        (found[resource.name] ??= []).push(short(resource));
      }
      for (const types of Object.values(found)) types.sort();
      expect(found).to.deep.equal(expected);
    });

    it("each of them as a child of the component", async () => {
      const component = world.one("AvatarPipeline", "avatars");
      expect(component.type).to.equal("avatar-pipeline:index:AvatarPipeline");
      expect(await valueOf(pipeline.urn)).to.equal(component.urn);
      for (const resource of world.resources.filter((one) => one !== component)) {
        expect(resource.parent, resource.urn).to.equal(component.urn);
      }
    });

    it("no bucket access, list or option without a value", () => {
      for (const { urn, inputs } of world.resources) {
        expect(JSON.stringify(inputs), urn).not.to.match(/undefined|\[object|NaN/);
      }
    });
  });

  describe("keeps photos", () => {
    it("private, encrypted and under TLS", () => {
      expect(world.one("BucketPublicAccessBlock", "avatars-photos").inputs).to.include({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      });
      const [deny] = statementsOf(world.one("BucketPolicy", "avatars-photos"));
      expect(deny).to.deep.include({ Effect: "Deny", Principal: "*", Action: "s3:*" });
      expect([deny!.Resource].flat().map(readable)).to.deep.equal(["s3:avatars-photos", "s3:avatars-photos/*"]);
      expect(JSON.stringify(world.one("BucketServerSideEncryptionConfiguration", "avatars-photos").inputs)).to.include(
        "AES256",
      );
    });

    it("out of messages that are not sent under TLS", () => {
      for (const topic of ["avatars-success", "avatars-failure", "avatars-operators"]) {
        const deny = statementsOf(world.one("TopicPolicy", topic)).find(({ Effect }) => Effect === "Deny");
        expect(deny, topic).to.deep.include({ Principal: "*", Action: "sns:Publish" });
        expect([deny!.Resource].flat().map(readable)).to.deep.equal([`sns:${topic}`]);
        expect(deny!.Condition).to.deep.equal({ Bool: { "aws:SecureTransport": "false" } });
      }
    });

    it("in versions, and removes what nobody removed", () => {
      const { rules } = world.one("BucketLifecycleConfiguration", "avatars-photos").inputs as {
        rules: Record<string, unknown>[];
      };
      expect(rules.map(({ id: _, status: __, ...rule }) => rule)).to.deep.equal([
        { filter: { prefix: "uploads/" }, expiration: { days: 7 } },
        { filter: { prefix: "" }, noncurrentVersionExpiration: { noncurrentDays: 1 } },
        { filter: { prefix: "avatars/" }, expiration: { expiredObjectDeleteMarker: true } },
        { filter: { prefix: "" }, abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
      ]);
      const versioning = world.one("BucketVersioning", "avatars-photos");
      expect(versioning.inputs["versioningConfiguration"]).to.deep.equal({ status: "Enabled" });
      expect(world.one("BucketLifecycleConfiguration", "avatars-photos").dependencies).to.include(versioning.urn);
    });

    it("and rows to be had back, and what nobody may read encrypted", () => {
      for (const table of world.all("Table")) {
        expect(table.inputs).to.deep.include({
          billingMode: "PAY_PER_REQUEST",
          pointInTimeRecovery: { enabled: true },
          serverSideEncryption: { enabled: true },
        });
      }
      expect(world.one("Table", "avatars-uploads").inputs["ttl"]).to.deep.equal({
        attributeName: "expires_at",
        enabled: true,
      });
      for (const topic of ["success", "failure"].map((part) => world.one("Topic", `avatars-${part}`))) {
        expect(topic.inputs["kmsMasterKeyId"]).to.equal("alias/aws/sns");
      }
      expect(world.one("Queue", "avatars-dead-letters").inputs["sqsManagedSseEnabled"]).to.equal(true);
    });

    const kept = (of: Pipelines) =>
      of.resources
        .filter(({ protect, retainOnDelete }) => protect && retainOnDelete)
        .map(({ name }) => name)
        .sort();

    it("protected, with the rows and the faces", () => {
      expect(kept(world)).to.deep.equal(["avatars-avatars", "avatars-faces", "avatars-photos", "avatars-uploads"]);
      for (const table of world.all("Table")) expect(table.inputs["deletionProtectionEnabled"]).to.equal(true);
      expect(world.one("Bucket", "avatars-photos").inputs["forceDestroy"]).to.equal(false);
    });

    it("closed, encrypted and limited even after they are let go", () => {
      const settings = world.resources
        .filter(({ type, name }) => /:Bucket[A-Z]\w+$/.test(type) && name === "avatars-photos")
        .filter(({ retainOnDelete }) => retainOnDelete)
        .map(({ type }) => type.slice(type.lastIndexOf(":Bucket") + ":Bucket".length));
      expect(settings).to.have.members([
        "PublicAccessBlock",
        "OwnershipControls",
        "ServerSideEncryptionConfiguration",
        "Versioning",
        "Policy",
        "LifecycleConfiguration",
      ]);
    });

    it("disposable when asked to", async () => {
      const disposable = await evaluate(() => [
        new AvatarPipeline("avatars", { retention: { keepData: false }, site: { enabled: false } }),
      ]);
      expect(kept(disposable)).to.deep.equal([]);
      expect(disposable.resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete)).to.deep.equal([]);
      expect(disposable.one("Bucket", "avatars-photos").inputs["forceDestroy"]).to.equal(true);
      for (const table of disposable.all("Table")) {
        expect(table.inputs["deletionProtectionEnabled"]).to.equal(false);
        // AWS would keep a backup of it for 35 days.
        expect(table.inputs["pointInTimeRecovery"]).to.deep.equal({ enabled: false });
      }
    });
  });

  describe("runs", () => {
    it("the machine's text with an ARN for every step", () => {
      const machine = world.one("StateMachine", "avatars-flow");
      const text = machine.inputs["definition"] as string;
      expect(text).not.to.include("${");
      for (const { name } of steps) expect(text).to.include(`:function:avatars-${kebab(name)}-`);
      expect(machine.inputs["loggingConfiguration"]).to.deep.include({ level: "ALL", includeExecutionData: false });
      expect(machine.inputs["tracingConfiguration"]).to.deep.equal({ enabled: true });
      expect(machine.inputs["type"]).to.equal("STANDARD");
    });

    it("each function as its step says, writing to a log group of its own", () => {
      for (const { name, memorySize, timeout, variables: asked } of steps) {
        const made = world.one("Function", `avatars-${kebab(name)}`);
        expect(made.inputs, name).to.deep.include({
          memorySize,
          timeout,
          runtime: "nodejs24.x",
          architectures: ["arm64"],
          handler: "__index.handler",
          tracingConfig: { mode: "Active" },
        });
        const { variables } = made.inputs["environment"] as { variables: Record<string, string> };
        expect(Object.keys(variables), name).to.have.members([...asked]);
        const { logGroup } = made.inputs["loggingConfig"] as { logGroup: string };
        expect(readable(logGroup)).to.equal(`/aws/lambda/avatars-${kebab(name)}-avatars-${kebab(name)}`);
        const policy = world.one("RolePolicy", `avatars-${kebab(name)}`);
        expect(made.dependencies, name).to.include(policy.urn);
      }
    });

    it("with the defaults in the functions' environment", () => {
      const setting = (step: string, name: string) =>
        (world.one("Function", `avatars-${step}`).inputs["environment"] as { variables: Record<string, string> })
          .variables[name]!;
      expect(JSON.parse(setting("check-format", "UPLOAD_LIMITS"))).to.deep.equal({
        maxBytes: 10_485_760,
        maxPixels: 50_000_000,
        minSide: 160,
      });
      expect(JSON.parse(setting("detect-face", "FACE_RULES"))).to.deep.equal({
        minConfidence: 90,
        minFaceSide: 80,
        minSharpness: 10,
        minBrightness: 20,
        maxYaw: 45,
        maxRoll: 45,
        maxPitchUp: 30,
        maxPitchDown: 30,
      });
      expect(JSON.parse(setting("create-thumbnail", "THUMBNAIL_RULES"))).to.deep.equal({
        sizes: [64, 256, 512],
        quality: 85,
        margin: 0.35,
      });
      expect(setting("index-face", "DUPLICATE_SIMILARITY")).to.equal("95");
      expect(setting("receive-photo", "UPLOAD_ROW_DAYS")).to.equal("30");
    });

    it("when a photo is stored below uploads/, and nothing else", () => {
      const rule = world.one("EventRule", "avatars-uploaded");
      const pattern = JSON.parse(rule.inputs["eventPattern"] as string) as { detail: { bucket: { name: string[] } } };
      expect(pattern).to.deep.equal({
        source: ["aws.s3"],
        "detail-type": ["Object Created"],
        detail: { bucket: { name: pattern.detail.bucket.name }, object: { key: [{ prefix: "uploads/" }] } },
      });
      expect(pattern.detail.bucket.name.map(readable)).to.deep.equal(["avatars-photos"]);
      expect(world.one("BucketNotification", "avatars-photos").inputs["eventbridge"]).to.equal(true);
    });

    it("again when an execution ended without a word, unless that was for the same purpose", () => {
      const pattern = JSON.parse(world.one("EventRule", "avatars-interrupted").inputs["eventPattern"] as string) as {
        detail: { status: string[]; input: unknown; error: unknown };
      };
      expect(pattern.detail.status).to.deep.equal(["TIMED_OUT", "ABORTED", "FAILED"]);
      expect(pattern.detail.input).to.deep.equal([{ "anything-but": { prefix: '{"interrupted"' } }]);
      expect(pattern.detail.error).to.deep.equal([{ exists: false }, null, { "anything-but": ["INTERNAL"] }]);
    });

    it("and keeps every event that could not start it", () => {
      for (const target of ["uploaded", "interrupted"].map((rule) => world.one("EventTarget", `avatars-${rule}`))) {
        const { arn } = target.inputs["deadLetterConfig"] as { arn: string };
        expect(readable(arn)).to.equal("sqs:avatars-dead-letters");
        expect(target.inputs["retryPolicy"]).to.deep.equal({
          maximumEventAgeInSeconds: 86_400,
          maximumRetryAttempts: 185,
        });
        expect(readable(target.inputs["arn"] as string)).to.equal("states:stateMachine:avatars-flow");
      }
    });
  });

  it("has every output in the schema", () => {
    const schema = JSON.parse(readFileSync(join(__dirname, "../../../provider/schema.json"), "utf8")) as {
      resources: Record<string, { properties: object }>;
    };
    const { properties } = schema.resources["avatar-pipeline:index:AvatarPipeline"]!;
    const given = Object.keys(pipeline).filter((key) => !key.startsWith("__") && key !== "urn");
    expect(given).to.have.members(Object.keys(properties));
  });

  it("gives out what other programs need", async () => {
    const given = {
      photoBucket: await valueOf(pipeline.photoBucket.bucket),
      avatarTable: await valueOf(pipeline.avatarTable.name),
      uploadTable: await valueOf(pipeline.uploadTable.name),
      faceCollectionId: await valueOf(pipeline.faceCollectionId),
      stateMachineArn: await valueOf(pipeline.stateMachineArn),
      successTopicArn: await valueOf(pipeline.successTopicArn),
      failureTopicArn: await valueOf(pipeline.failureTopicArn),
    };
    expect(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, readable(value)]))).to.deep.equal({
      photoBucket: "avatars-photos",
      avatarTable: "avatars-avatars",
      uploadTable: "avatars-uploads",
      faceCollectionId: "school-dev-avatars-c3f5ef39",
      stateMachineArn: "states:stateMachine:avatars-flow",
      successTopicArn: "sns:avatars-success",
      failureTopicArn: "sns:avatars-failure",
    });
  });

  it("lets a role of the consumer's read avatars and nothing else", async () => {
    const policy = JSON.parse(await valueOf(pipeline.readAvatarsPolicy)) as { Statement: PolicyStatement[] };
    const allowed = policy.Statement.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => `${action} on ${[Resource].flat().map(readable).join()}`),
    );
    expect(allowed).to.deep.equal([
      "dynamodb:GetItem on dynamodb:table/avatars-avatars",
      "dynamodb:BatchGetItem on dynamodb:table/avatars-avatars",
      "s3:GetObject on s3:avatars-photos/avatars/*",
    ]);
  });

  it("can be destroyed while addresses have not confirmed: subscriptions go with their topic", () => {
    const subscriptions = world.all("TopicSubscription");
    expect(subscriptions).to.have.length(4);
    for (const { name, deletedWith } of subscriptions) {
      const topic = world.one("Topic", name.slice(0, name.lastIndexOf("-")));
      expect(deletedWith, name).to.equal(topic.urn);
    }
  });

  describe("beside another", () => {
    /** The names that Pulumi does not auto-generate: these could collide. */
    const fixedNames = (of: Pipelines) =>
      of.resources.flatMap(({ type, inputs }) =>
        ["collectionId", "layerName", "dashboardName", "name"].flatMap((input) =>
          // A stage is named within its API.
          typeof inputs[input] === "string" && !type.endsWith(":Stage") ? [`${input} ${inputs[input]}`] : [],
        ),
      );
    const disjoint = (a: Pipelines, b: Pipelines) =>
      expect(fixedNames(a).filter((name) => fixedNames(b).includes(name))).to.deep.equal([]);

    it("in one stack shares no name", async () => {
      const both = await evaluate(() => [new AvatarPipeline("avatars"), new AvatarPipeline("staff")]);
      const urns = both.resources.map(({ urn }) => urn);
      expect(new Set(urns).size).to.equal(urns.length);
      const names = fixedNames(both);
      expect(new Set(names).size, names.join("\n")).to.equal(names.length);
      expect(both.all("Function").length).to.be.at.least(2 * steps.length);
    });

    it("in another stack of the account shares no name", async () => {
      const dev = await evaluate(() => [new AvatarPipeline("avatars")], { stack: "dev" });
      const prod = await evaluate(() => [new AvatarPipeline("avatars")], { stack: "prod" });
      disjoint(dev, prod);
      expect(fixedNames(dev).length).to.be.at.least(2);
    });

    it("whose project, stack and name read the same when joined shares no name", async () => {
      const one = await evaluate(() => [new AvatarPipeline("c")], { project: "a-b", stack: "x" });
      const other = await evaluate(() => [new AvatarPipeline("c")], { project: "a", stack: "b-x" });
      disjoint(one, other);
    });
  });

  for (const [partition, region] of [
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
  ] as const) {
    it(`names no other partition in ${partition}`, async () => {
      const there = await evaluate(() => [new AvatarPipeline("avatars")], { partition, region });
      for (const { urn, inputs } of there.resources) {
        expect(JSON.stringify(inputs), urn).not.to.match(/arn:aws:|ap-southeast-1|us-east-1/);
      }
    });
  }
});
