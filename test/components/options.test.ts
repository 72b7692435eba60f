import { AvatarPipeline, SiteAccess } from "avatar-pipeline";
import { expect } from "chai";
import { evaluate, readable, statementsOf, type Evaluation } from "./harness";

type Pipelines = Evaluation<readonly AvatarPipeline[]>;

describe("AvatarPipeline, when asked to,", () => {
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
      brought = await evaluate(() => [
        new AvatarPipeline("avatars", { existing, notifications: { successEmails: ["a@school.example"] } }),
      ]);
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

    it("has an encrypted queue that both topics send to, and they alone", () => {
      const subscriptions = mailing.all("TopicSubscription").map(({ inputs }) => inputs);
      const topics = ["sns:avatars-failure", "sns:avatars-success"];
      expect(subscriptions.map(({ protocol, topic }) => [protocol, readable(topic as string)])).to.deep.equal(
        topics.map((topic) => ["sqs", topic]),
      );
      for (const { endpoint, rawMessageDelivery } of subscriptions) {
        expect([readable(endpoint as string), rawMessageDelivery]).to.deep.equal(["sqs:avatars-mail", true]);
      }
      for (const name of ["avatars-mail", "avatars-mail-undelivered"]) {
        expect(mailing.one("Queue", name).inputs["sqsManagedSseEnabled"]).to.equal(true);
      }
      const [sending] = statementsOf(mailing.one("QueuePolicy", "avatars-mail"));
      const { ArnEquals } = sending?.Condition as { ArnEquals: { "aws:SourceArn": string[] } };
      expect(ArnEquals["aws:SourceArn"].map(readable).sort()).to.deep.equal(topics);
    });

    it("has a function read it in batches that may fail in part, and keeps what fails for an hour as a dead letter", () => {
      const queue = mailing.one("Queue", "avatars-mail").inputs;
      const mapping = mailing.one("EventSourceMapping", "avatars-mail").inputs;
      expect(mapping).to.deep.include({
        functionResponseTypes: ["ReportBatchItemFailures"],
        scalingConfig: { maximumConcurrency: 2 },
      });
      expect(readable(mapping["eventSourceArn"] as string)).to.equal("sqs:avatars-mail");
      const timeout = mailing.one("Function", "avatars-mail-student").inputs["timeout"] as number;
      const pause = queue["visibilityTimeoutSeconds"] as number;
      expect(pause).to.be.at.least(6 * timeout);
      const redrive = JSON.parse(queue["redrivePolicy"] as string) as Record<string, unknown>;
      expect(readable(redrive["deadLetterTargetArn"] as string)).to.equal("sqs:avatars-mail-undelivered");
      expect((redrive["maxReceiveCount"] as number) * pause).to.equal(3600);
    });

    it("lets it send from the one address, whichever identity and configuration set SES has for it", () => {
      const sending = statementsOf(mailing.one("RolePolicy", "avatars-mail-student")).find(({ Action }) =>
        [Action].flat().includes("ses:SendEmail"),
      );
      expect([sending!.Resource].flat().map(readable)).to.deep.equal(["ses:identity/*", "ses:configuration-set/*"]);
      expect(sending!.Condition).to.deep.equal({ StringEquals: { "ses:FromAddress": "avatars@school.example" } });
    });

    it("counts mails to addresses that students give themselves, and has no such table with invitations", async () => {
      expect(mailing.all("Table").map(({ name }) => name)).to.include("avatars-mail-counts");
      const notifications = { sender: "avatars@school.example" };
      const site = { access: SiteAccess.Invite, invitationKey: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
      const invited = await evaluate(() => [new AvatarPipeline("avatars", { notifications, site })]);
      expect(invited.all("Table").map(({ name }) => name)).to.not.include("avatars-mail-counts");
      const { Resource } = statementsOf(invited.one("RolePolicy", "avatars-mail-student"))[1]!;
      expect([Resource].flat().map((arn) => readable(arn))).to.deep.equal(["dynamodb:table/avatars-uploads"]);
    });

    it("raises an alarm when it cannot", () => {
      const { dimensions } = mailing.one("MetricAlarm", "avatars-mail-failed").inputs as {
        dimensions: { FunctionName: string };
      };
      expect(readable(dimensions.FunctionName)).to.equal("avatars-mail-student");
      const waiting = mailing.one("MetricAlarm", "avatars-mail-undelivered").inputs;
      expect(waiting["metricName"]).to.equal("ApproximateNumberOfMessagesVisible");
      const { QueueName } = waiting["dimensions"] as { QueueName: string };
      expect(readable(QueueName)).to.equal("avatars-mail-undelivered");
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
});
