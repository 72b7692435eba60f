import { expect } from "chai";
import { AvatarPipeline, SiteAccess } from "avatar-pipeline";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { operations } from "../../handlers/operations";
import { steps } from "../../handlers/steps";
import { evaluate, statementsOf, valueOf, type Evaluation, type PolicyStatement, type Registered } from "./harness";

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

  /** An ARN in which the names that Pulumi makes up are the logical ones. */
  const readable = (arn: string) =>
    arn
      .replace(/^arn:aws:(\w+):(?:ap-southeast-1)?:(?:123456789012)?:/, "$1:")
      .replace(/-[0-9a-f]{7}(?![0-9a-f])/g, "");
  const permissions = (role: string) =>
    statementsOf(world.one("RolePolicy", role))
      .flatMap(({ Action, Resource, Condition }) =>
        [Action].flat().flatMap((action) =>
          [Resource].flat().map((on) => {
            const condition = Condition === undefined ? "" : ` if ${JSON.stringify(Condition)}`;
            return `${action} on ${readable(on)}${condition}`;
          }),
        ),
      )
      .sort();

  describe("declares", () => {
    const perFunction = ["Function", "LogGroup", "Role", "RolePolicy"];
    const alarms = ["failed", "timed-out", "events-lost", "rekognition-throttled", "functions-throttled"];
    const expected: Record<string, readonly string[]> = {
      ...Object.fromEntries(
        [...alarms, "flow-throttled", "reconcile-failed"].map((part) => [`avatars-${part}`, ["MetricAlarm"]]),
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
      "avatars-success": ["Topic"],
      "avatars-success-33bc47e4": ["TopicSubscription"],
      "avatars-failure": ["Topic"],
      "avatars-failure-33bc47e4": ["TopicSubscription"],
      "avatars-failure-d4f7ef8b": ["TopicSubscription"],
      "avatars-imaging": ["LayerVersion"],
      ...Object.fromEntries(steps.map(({ name }) => [`avatars-${kebab(name)}`, perFunction])),
      "avatars-reconcile": ["EventRule", "EventTarget", "Function", "LogGroup", "Permission", "Role", "RolePolicy"],
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

  describe("allows", () => {
    const uploads = "s3:avatars-photos/uploads/*";
    const avatars = "s3:avatars-photos/avatars/*";
    const collection = "rekognition:collection/school-dev-avatars-c3f5ef39";
    const uploadTable = "dynamodb:table/avatars-uploads";
    const avatarTable = "dynamodb:table/avatars-avatars";
    const readUpload = [`s3:GetObject on ${uploads}`, `s3:GetObjectVersion on ${uploads}`];
    const deleteUpload = [`s3:DeleteObject on ${uploads}`, `s3:DeleteObjectVersion on ${uploads}`];
    const deleteThumbnails = [
      's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"avatars/*"}}',
      `s3:DeleteObjectVersion on ${avatars}`,
    ];
    const mark = `dynamodb:UpdateItem on ${uploadTable}`;
    const readAvatar = `dynamodb:GetItem on ${avatarTable}`;
    const readRow = `dynamodb:GetItem on ${uploadTable}`;
    const own: Record<string, readonly string[]> = {
      ReceivePhoto: [mark, readRow, readAvatar],
      CheckFormat: [mark, ...readUpload],
      DetectFace: [mark, ...readUpload, "rekognition:DetectFaces on *"],
      CheckDuplicate: [mark, readRow, readAvatar, ...readUpload, `rekognition:SearchFacesByImage on ${collection}`],
      CreateThumbnail: [mark, ...readUpload, `s3:PutObject on ${avatars}`],
      IndexFace: [
        mark,
        readRow,
        readAvatar,
        ...readUpload,
        `rekognition:IndexFaces on ${collection}`,
        `rekognition:SearchFaces on ${collection}`,
      ],
      SaveMetadata: [mark, readAvatar, `dynamodb:PutItem on ${avatarTable}`],
      DeleteOriginal: [
        mark,
        readAvatar,
        `dynamodb:UpdateItem on ${avatarTable}`,
        ...deleteUpload,
        ...deleteThumbnails,
        `rekognition:DeleteFaces on ${collection}`,
      ],
      NotifySuccess: [mark, readRow, readAvatar, "sns:Publish on sns:avatars-success"],
      Undo: [
        readRow,
        readAvatar,
        `dynamodb:UpdateItem on ${avatarTable}`,
        ...deleteUpload,
        ...deleteThumbnails,
        `rekognition:DeleteFaces on ${collection}`,
        `rekognition:ListFaces on ${collection}`,
      ],
      NotifyFailure: [mark, readRow, "sns:Publish on sns:avatars-failure"],
      Reconcile: [
        readRow,
        readAvatar,
        `dynamodb:Scan on ${uploadTable}`,
        `dynamodb:Scan on ${avatarTable}`,
        `dynamodb:UpdateItem on ${avatarTable}`,
        ...["ListFaces", "DeleteFaces", "IndexFaces", "SearchFaces"].map((a) => `rekognition:${a} on ${collection}`),
        ...deleteThumbnails,
        `s3:GetObject on ${avatars}`,
        's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"uploads/*"}}',
        `s3:DeleteObjectVersion on ${uploads}`,
        "states:StartExecution on states:stateMachine:avatars-flow",
        "states:DescribeExecution on states:execution:avatars-flow:*",
      ],
      EraseStudent: [
        `dynamodb:Scan on ${uploadTable}`,
        `dynamodb:DeleteItem on ${uploadTable}`,
        `dynamodb:DeleteItem on ${avatarTable}`,
        `rekognition:ListFaces on ${collection}`,
        `rekognition:DeleteFaces on ${collection}`,
        ...deleteThumbnails,
        's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"uploads/*"}}',
        `s3:DeleteObjectVersion on ${uploads}`,
      ],
    };

    for (const { name } of [...steps, ...operations]) {
      it(`${name} exactly what it needs`, () => {
        const part = `avatars-${kebab(name)}`;
        const logs = `logs:log-group:/aws/lambda/${part}-${part}:*`;
        const common = [
          `logs:CreateLogStream on ${logs}`,
          `logs:PutLogEvents on ${logs}`,
          "xray:PutTelemetryRecords on *",
          "xray:PutTraceSegments on *",
        ];
        expect(permissions(part)).to.deep.equal([...(own[name] ?? []), ...common].sort());
      });
    }

    it("the machine to call its functions, and to write its logs and traces", () => {
      const on = (actions: readonly string[]) => actions.map((action) => `${action} on *`);
      expect(permissions("avatars-flow")).to.deep.equal(
        [
          ...steps.map(({ name }) => `lambda:InvokeFunction on lambda:function:avatars-${kebab(name)}`),
          ...on(
            ["CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries"].map((a) => `logs:${a}`),
          ),
          ...on(["UpdateLogDelivery", "PutResourcePolicy", "DescribeResourcePolicies"].map((a) => `logs:${a}`)),
          ...on(["logs:DescribeLogGroups", "xray:GetSamplingRules", "xray:GetSamplingTargets"]),
          ...on(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]),
        ].sort(),
      );
    });

    it("the rules to start the machine", () => {
      expect(permissions("avatars-start")).to.deep.equal(["states:StartExecution on states:stateMachine:avatars-flow"]);
    });

    it("each role to be assumed by its one service", () => {
      for (const role of world.all("Role")) {
        const trust = JSON.parse(role.inputs["assumeRolePolicy"] as string) as {
          Statement: { Principal: { Service: string } }[];
        };
        const service = { "avatars-flow": "states", "avatars-start": "events" }[role.name] ?? "lambda";
        expect(trust.Statement.map(({ Principal }) => Principal)).to.deep.equal([
          { Service: `${service}.amazonaws.com` },
        ]);
      }
    });

    it("nothing on every resource but what has no resources: DetectFaces, X-Ray and the delivery of logs", () => {
      const everywhere = world
        .all("RolePolicy")
        .flatMap((policy) => statementsOf(policy))
        .filter(({ Resource }) => [Resource].flat().includes("*"))
        .flatMap(({ Action }) => Action);
      expect(
        everywhere.filter(
          (action) => !/^(rekognition:DetectFaces$|xray:|logs:.*(Deliver|Describe|PutResource))/.test(action),
        ),
      ).to.deep.equal([]);
      expect(everywhere.join()).not.to.include("*");
    });

    it("only the two rules to write to the queue of dead letters, and nobody without TLS", () => {
      const policy = JSON.parse(world.one("QueuePolicy", "avatars-dead-letters").inputs["policy"] as string) as {
        Statement: { Effect: string; Condition: Record<string, Record<string, string | string[]>> }[];
      };
      const [allow, deny] = policy.Statement;
      expect([allow!.Condition["ArnEquals"]!["aws:SourceArn"]!].flat().map(readable)).to.deep.equal([
        "events:rule/avatars-uploaded",
        "events:rule/avatars-interrupted",
      ]);
      expect(deny).to.deep.include({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } });
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

    it("disposable when asked to", async () => {
      const disposable = await evaluate(() => [
        new AvatarPipeline("avatars", { retention: { keepData: false }, site: { enabled: false } }),
      ]);
      expect(kept(disposable)).to.deep.equal([]);
      expect(disposable.resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete)).to.deep.equal([]);
      expect(disposable.one("Bucket", "avatars-photos").inputs["forceDestroy"]).to.equal(true);
      for (const table of disposable.all("Table")) expect(table.inputs["deletionProtectionEnabled"]).to.equal(false);
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
      for (const { name, memorySize, timeout, settings } of steps) {
        const made = world.one("Function", `avatars-${kebab(name)}`);
        expect(made.inputs, name).to.deep.include({
          memorySize,
          timeout,
          runtime: "nodejs22.x",
          architectures: ["arm64"],
          handler: "__index.handler",
          tracingConfig: { mode: "Active" },
        });
        const { variables } = made.inputs["environment"] as { variables: Record<string, string> };
        expect(Object.keys(variables), name).to.have.members([...settings]);
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
        maxPitchUp: 45,
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
        detail: { status: string[]; input: unknown };
      };
      expect(pattern.detail.status).to.deep.equal(["TIMED_OUT", "ABORTED", "FAILED"]);
      expect(pattern.detail.input).to.deep.equal([{ "anything-but": { prefix: '{"interrupted"' } }]);
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

  it("has every output in the README and in the schema", () => {
    const readme = readFileSync(join(__dirname, "../../../README.md"), "utf8");
    const [, table = ""] = /### Outputs\n([\s\S]+?)\n#/.exec(readme)!;
    const documented = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, output = ""]) => output),
    );
    const schema = JSON.parse(readFileSync(join(__dirname, "../../../provider/schema.json"), "utf8")) as {
      resources: Record<string, { properties: object }>;
    };
    const { properties } = schema.resources["avatar-pipeline:index:AvatarPipeline"]!;
    expect(documented).to.have.members(Object.keys(properties));
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

  describe("with resources of the caller's own", () => {
    let brought: Pipelines;
    const topic = (name: string) => `arn:aws:sns:ap-southeast-1:123456789012:${name}`;
    before(async () => {
      const existing = {
        photoBucket: "school-photos",
        avatarTable: "school-avatars",
        uploadTable: "school-uploads",
        faceCollectionId: "school-faces",
        successTopicArn: topic("good"),
        failureTopicArn: topic("bad"),
      };
      brought = await evaluate(() => [new AvatarPipeline("avatars", { existing, notifications: emails })]);
    });

    it("makes none of them and changes none of their settings", () => {
      const read = brought.resources.filter(({ existing }) => existing);
      expect(read.map(({ name, type }) => `${type.slice(type.lastIndexOf(":") + 1)} ${name}`)).to.have.members([
        "Bucket avatars-photos",
        "Table avatars-avatars",
        "Table avatars-uploads",
        "Collection avatars-faces",
        "Topic avatars-success",
        "Topic avatars-failure",
      ]);
      const made = brought.resources.filter(({ existing, type }) => !existing && type.startsWith("aws:s3/"));
      expect(made.filter(({ name }) => name === "avatars-photos")).to.deep.equal([]);
    });

    it("allows its functions them alone, and tells them their names", () => {
      const policy = JSON.stringify(statementsOf(brought.one("RolePolicy", "avatars-index-face")));
      expect(policy).to.include("arn:aws:s3:::school-photos/uploads/*");
      expect(policy).to.include(":table/school-avatars").and.to.include(":collection/school-faces");
      const { variables } = brought.one("Function", "avatars-notify-success").inputs["environment"] as {
        variables: Record<string, string>;
      };
      expect(variables).to.include({ AVATAR_TABLE: "school-avatars", SUCCESS_TOPIC_ARN: topic("good") });
      const pattern = brought.one("EventRule", "avatars-uploaded").inputs["eventPattern"] as string;
      expect(pattern).to.include('"name":["school-photos"]');
      expect(brought.one("TopicSubscription", "avatars-success-33bc47e4").inputs["topic"]).to.equal(topic("good"));
    });
  });

  describe("that mails students itself", () => {
    let mailing: Pipelines;
    before(async () => {
      const args = { notifications: { sender: "avatars@school.example" }, site: { enabled: false } };
      mailing = await evaluate(() => [new AvatarPipeline("avatars", args)]);
    });

    it("has a function that both topics call, and they alone", () => {
      const subscriptions = mailing.all("TopicSubscription").map(({ inputs }) => inputs);
      const permissions = mailing.all("Permission").filter(({ inputs }) => inputs["principal"] === "sns.amazonaws.com");
      const topics = ["sns:avatars-success", "sns:avatars-failure"];
      expect(subscriptions.map(({ protocol, topic }) => [protocol, readable(topic as string)])).to.deep.equal(
        topics.map((topic) => ["lambda", topic]),
      );
      expect(permissions.map(({ inputs }) => readable(inputs["sourceArn"] as string))).to.deep.equal(topics);
      for (const { endpoint } of subscriptions) {
        expect(readable(endpoint as string)).to.equal("lambda:function:avatars-mail-student");
      }
    });

    it("lets it send from the one address or its domain", () => {
      const sending = statementsOf(mailing.one("RolePolicy", "avatars-mail-student")).find(({ Action }) =>
        [Action].flat().includes("ses:SendEmail"),
      );
      expect([sending!.Resource].flat().map(readable)).to.deep.equal([
        "ses:identity/avatars@school.example",
        "ses:identity/school.example",
      ]);
    });

    it("raises an alarm when it cannot", () => {
      const { dimensions } = mailing.one("MetricAlarm", "avatars-mail-failed").inputs as {
        dimensions: { FunctionName: string };
      };
      expect(readable(dimensions.FunctionName)).to.equal("avatars-mail-student");
    });
  });

  it("takes uploads by invitation alone when asked to: the API and the page know it", async () => {
    const invitationKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const site = {
      access: SiteAccess.Invite,
      invitationKey,
      organization: "Trường",
      contact: "registry@school.example",
    };
    const invited = await evaluate(() => [new AvatarPipeline("avatars", { site })]);
    for (const name of ["issue-upload", "read-status"]) {
      const { variables } = invited.one("Function", `avatars-${name}`).inputs["environment"] as {
        variables: Record<string, string>;
      };
      expect(variables, name).to.include({ ACCESS: "invite", INVITATION_KEY: invitationKey });
    }
    const page = invited.one("BucketObjectv2", "avatars-site-settings.json").inputs["content"] as string;
    expect(JSON.parse(page)).to.include({
      access: "invite",
      mail: false,
      organization: "Trường",
      contact: "registry@school.example",
    });
  });

  it("records who reads and writes photos and rows when asked to, by a trail", async () => {
    const audited = await evaluate(() => [
      new AvatarPipeline("avatars", { audit: { enabled: true }, site: { enabled: false } }),
    ]);
    const trail = audited.one("Trail", "avatars-audit");
    expect(trail.parent).to.equal(audited.one("AvatarPipeline", "avatars").urn);
    expect(trail.inputs["enableLogFileValidation"]).to.equal(true);
    const selectors = trail.inputs["advancedEventSelectors"] as { fieldSelectors: Record<string, string[]>[] }[];
    const recorded = selectors.map(
      ({ fieldSelectors }) => (fieldSelectors[2]!["startsWiths"] ?? fieldSelectors[2]!["equals"])!,
    );
    expect(recorded.map((arns) => arns.map(readable))).to.deep.equal([
      ["s3:avatars-photos/"],
      ["dynamodb:table/avatars-avatars", "dynamodb:table/avatars-uploads"],
    ]);
  });

  describe("beside another", () => {
    /** The names that are not made up by Pulumi: these could collide. */
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
