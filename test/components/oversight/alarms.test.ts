import { expect } from "chai";
import { AvatarPipeline } from "avatar-pipeline";
import { steps } from "../../../handlers/functions";
import { evaluate, valueOf, type Evaluation } from "../harness";

interface Widget {
  readonly type: string;
  readonly properties: { readonly title: string; readonly metrics?: unknown[][]; readonly query?: string };
}

describe("What an operator hears and sees", () => {
  let world: Evaluation<readonly AvatarPipeline[]>;
  before(async () => {
    world = await evaluate(() => [new AvatarPipeline("avatars", { site: { enabled: false } })]);
  });

  const without = (name: string) => name.replace(/-[0-9a-f]{7}$/, "");

  it("is an alarm for each ending that is a fault of ours, and none for a photo that is refused", () => {
    const watched = world.all("MetricAlarm").map(({ name, inputs }) => [name, inputs["metricName"] ?? "a sum"]);
    expect(Object.fromEntries(watched)).to.deep.equal({
      "avatars-flow-failed": "ExecutionsFailed",
      "avatars-timed-out": "ExecutionsTimedOut",
      "avatars-dead-letters": "ApproximateNumberOfMessagesVisible",
      "avatars-events-lost": "a sum",
      "avatars-rekognition-throttled": "a sum",
      "avatars-functions-throttled": "Throttles",
      "avatars-flow-throttled": "ExecutionThrottled",
      "avatars-reconcile-left": "DifferencesLeft",
      "avatars-reconcile-failed": "Errors",
      "avatars-photos-missed": "PhotosMissed",
      "avatars-start-missed-failed": "Errors",
    });
  });

  it("comes to the operators' topic, when it begins and when it ends, and says what to do", () => {
    for (const { name, inputs } of world.all("MetricAlarm")) {
      for (const actions of [inputs["alarmActions"], inputs["okActions"]] as string[][]) {
        expect(
          actions.map((arn) => without(arn.split(":").at(-1)!)),
          name,
        ).to.deep.equal(["avatars-operators"]);
      }
      // CloudWatch takes 1,024 characters.
      expect((inputs["alarmDescription"] as string).length, name).to.be.within(80, 1024);
      expect(inputs, name).to.include({
        comparisonOperator: "GreaterThanThreshold",
        threshold: 0,
        // It is measured once a night, and a difference does not disappear between measurements.
        treatMissingData: name === "avatars-reconcile-left" ? "ignore" : "notBreaching",
      });
    }
  });

  it("comes at once for a photo that is not processed, and after 15 minutes of throttling", () => {
    for (const { name, inputs } of world.all("MetricAlarm")) {
      const isPatient = name.endsWith("-throttled");
      expect(inputs["evaluationPeriods"], name).to.equal(isPatient ? 3 : 1);
    }
  });

  it("watches this pipeline's machine, queue, rules and functions", () => {
    const dimensions = (alarm: string) => world.one("MetricAlarm", `avatars-${alarm}`).inputs["dimensions"];
    expect(JSON.stringify(dimensions("flow-failed"))).to.include(":stateMachine:avatars-flow-");
    expect(JSON.stringify(dimensions("dead-letters"))).to.include('"QueueName":"avatars-dead-letters-');
    for (const alarm of ["reconcile-failed", "reconcile-left"]) {
      expect(JSON.stringify(dimensions(alarm)), alarm).to.include('"FunctionName":"avatars-reconcile-');
    }
    const queries = (alarm: string) =>
      world.one("MetricAlarm", `avatars-${alarm}`).inputs["metricQueries"] as {
        id: string;
        expression?: string;
        metric?: { dimensions: Record<string, string> };
      }[];
    const [sum, ...rules] = queries("events-lost");
    expect(sum!.expression).to.equal("FILL(m1, 0) + FILL(m2, 0)");
    expect(rules.map(({ id, metric }) => [id, without(metric!.dimensions["RuleName"]!)])).to.deep.equal([
      ["m1", "avatars-uploaded"],
      ["m2", "avatars-interrupted"],
    ]);
    const operations = queries("rekognition-throttled").flatMap(({ metric }) => metric?.dimensions["Operation"] ?? []);
    expect(operations).to.deep.equal(["DetectFaces", "SearchFacesByImage", "IndexFaces", "SearchFaces"]);
  });

  const isService = (principal: unknown) =>
    typeof principal === "object" && principal !== null && "Service" in principal;

  it("can be sent by CloudWatch, for alarms of this account only", () => {
    for (const [type, actions] of [
      ["TopicPolicy", "sns:Publish"],
      ["Key", ["kms:Decrypt", "kms:GenerateDataKey*"]],
    ] as const) {
      const policy = JSON.parse(world.one(type, "avatars-operators").inputs["policy"] as string) as {
        Statement: { Principal: unknown; Action: unknown; Condition: unknown }[];
      };
      const statement = policy.Statement.find(({ Principal }) => isService(Principal))!;
      expect(statement).to.deep.include({
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: actions,
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      });
    }
    expect(world.one("Key", "avatars-operators").inputs["enableKeyRotation"]).to.equal(true);
    expect(world.one("Topic", "avatars-operators").inputs["kmsMasterKeyId"]).to.match(/^arn:aws:kms:/);
  });

  describe("on the dashboard", () => {
    const widgets = () =>
      (JSON.parse(world.one("Dashboard", "avatars-photos").inputs["dashboardBody"] as string) as { widgets: Widget[] })
        .widgets;

    it("is how photos end, why they are refused, how long each step takes and what throttles", () => {
      expect(widgets().map(({ type, properties }) => `${type}: ${properties.title}`)).to.deep.equal([
        "alarm: Alarms",
        "metric: Photos",
        "log: Refused, by reason",
        "metric: Time from upload to end",
        "metric: Time per step, 95 of 100",
        "metric: Throttled",
        "metric: Errors per step, refusals among them, and dead letters",
        "metric: Differences that the nightly comparison found, and left for a person",
      ]);
      const perStep = widgets().find(({ properties }) => properties.title.startsWith("Time per step"))!;
      const labels = perStep.properties.metrics!.map((metric) => (metric.at(-1) as { label: string }).label);
      expect(labels).to.deep.equal(steps.map(({ name }) => name));
    });

    it("counts the reasons in the lines that the steps log, and no fault among them", () => {
      const { query } = widgets().find(({ type }) => type === "log")!.properties;
      expect(query!.match(/SOURCE '\/aws\/lambda\/avatars-[\w-]+'/g)).to.have.length(steps.length);
      const [, pattern] = /parse @message \/(.+?)\/ \|/.exec(query!)!;
      const reasonIn = (error: string) =>
        new RegExp(pattern!).exec(
          `2026-01-02 INFO ${JSON.stringify({ step: "X", outcome: "error", error, message: "" })}`,
        )?.groups?.["reason"];
      expect(reasonIn("NO_FACE")).to.equal("NO_FACE");
      for (const fault of ["Throttled", "AccessDeniedException", "InvalidKey"]) {
        expect(reasonIn(fault)).to.equal(undefined);
      }
    });
  });
});

describe("With a key of the caller's own", () => {
  const kmsKeyArn = "arn:aws:kms:ap-southeast-1:123456789012:key/0f0e0d0c-0b0a-0908-0706-050403020100";
  let world: Evaluation<readonly AvatarPipeline[]>;
  before(async () => {
    world = await evaluate(() => [new AvatarPipeline("avatars", { encryption: { kmsKeyArn } })]);
  });

  it("everything that is stored is encrypted with it, and no other key is made", () => {
    expect(world.all("Key")).to.deep.equal([]);
    for (const topic of world.all("Topic")) expect(topic.inputs["kmsMasterKeyId"], topic.name).to.equal(kmsKeyArn);
    for (const group of world.all("LogGroup")) expect(group.inputs["kmsKeyId"], group.name).to.equal(kmsKeyArn);
    for (const table of world.all("Table")) {
      expect(table.inputs["serverSideEncryption"], table.name).to.deep.equal({ enabled: true, kmsKeyArn });
    }
    expect(world.one("Queue", "avatars-dead-letters").inputs["kmsMasterKeyId"]).to.equal(kmsKeyArn);
    expect(world.one("BucketServerSideEncryptionConfiguration", "avatars-photos").inputs["rules"]).to.deep.equal([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
        bucketKeyEnabled: true,
      },
    ]);
  });

  it("each role may use it for what it does: new data keys only where it writes objects or messages", () => {
    const writers = ["create-thumbnail", "notify-success", "notify-failure", "issue-upload"];
    for (const { name } of world.all("Function")) {
      const part = name.replace("avatars-", "");
      const policy = JSON.parse(world.one("RolePolicy", name).inputs["policy"] as string) as {
        Statement: { Action: string[]; Resource: string[] }[];
      };
      const onKey = policy.Statement.filter(({ Resource }) => Resource.includes(kmsKeyArn)).flatMap(
        ({ Action }) => Action,
      );
      expect(onKey, name).to.deep.equal(
        writers.includes(part) ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"],
      );
    }
  });
});

describe("With a key that was the caller's own before", () => {
  const former = "arn:aws:kms:ap-southeast-1:123456789012:key/11111111-0b0a-0908-0706-050403020100";

  it("each role that reads may decrypt what is under it, and none may write under it", async () => {
    const world = await evaluate(() => [new AvatarPipeline("avatars", { encryption: { formerKmsKeyArns: [former] } })]);
    const actionsOn = (policy: string) =>
      (JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] }).Statement.filter(
        ({ Resource }) => Resource.includes(former),
      ).flatMap(({ Action }) => Action);
    for (const { name } of world.all("Function")) {
      expect(actionsOn(world.one("RolePolicy", name).inputs["policy"] as string), name).to.deep.equal(["kms:Decrypt"]);
    }
    const { readAvatarsPolicy } = world.declared[0]!;
    expect(actionsOn(await valueOf(readAvatarsPolicy))).to.deep.equal(["kms:Decrypt"]);
    for (const table of world.all("Table")) {
      expect(table.inputs["serverSideEncryption"], table.name).to.deep.equal({ enabled: true });
    }
  });
});
