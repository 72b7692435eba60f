import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

import { openMailbox, type Mailbox } from "../../../../../packages/local-cloud/services/mail";
import { createSns, type DeclaredSubscription, type Sns } from "../../../../../packages/local-cloud/services/sns";
import { startSqs, type Sqs } from "../../../../../packages/local-cloud/services/sqs";
import { identity, roleAllowing, startCloud, type TestCloud } from "../../gateway/helpers";
import { errorOf } from "../../../../support/errors";

const TopicArn = "arn:aws:sns:ap-southeast-1:000000000000:failures";
const quiet = "arn:aws:sns:ap-southeast-1:000000000000:quiet";
const queueArn = "arn:aws:sqs:ap-southeast-1:000000000000:copies";
const publisher = roleAllowing("publisher", ["sns:Publish"], [TopicArn]);

const subscription = (
  protocol: DeclaredSubscription["protocol"],
  endpoint: string,
  more: object = {},
): DeclaredSubscription => ({
  arn: `${TopicArn}:${protocol}-${endpoint.length}`,
  protocol,
  endpoint,
  ...more,
});

describe("the local SNS", () => {
  let folder: string;
  let mailbox: Mailbox;
  let sqs: Sqs;
  let sns: Sns;
  let cloud: TestCloud;
  let client: SNSClient;
  let invoked: [arn: string, event: object][];
  const errors: string[] = [];

  async function start(...subscriptions: DeclaredSubscription[]): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), "sns-"));
    invoked = [];
    errors.length = 0;
    mailbox = await openMailbox({ folder: join(folder, "mail") });
    sqs = await startSqs({ folder: join(folder, "sqs"), identity, queues: [{ name: "copies", arn: queueArn }] });
    sns = createSns({
      identity,
      topics: [
        { arn: TopicArn, subscriptions },
        { arn: quiet, displayName: 'Trường "Avatars"', subscriptions: [] },
      ],
      mailbox,
      sendToQueue: (queue, body, attributes) => sqs.send(queue, body, attributes),
      invokeFunction: (arn, event) => Promise.resolve(void invoked.push([arn, event])),
      onError: (line) => errors.push(line),
    });
    cloud = await startCloud({ services: [sns, sqs], roles: [publisher] });
    client = new SNSClient(cloud.client(publisher.arn));
  }
  afterEach(async () => {
    await cloud.gateway.close();
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  const mails = () => Promise.all(mailbox.list().map(({ id }) => mailbox.get(id)));
  const queued = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: `${cloud.gateway.url}/0/copies`,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    });
    return (await new SQSClient(cloud.client()).send(command)).Messages ?? [];
  };

  it("sends each e-mail subscriber the mail that SNS would", async () => {
    await start(subscription("email", "office@school.vn"), subscription("email", "it@school.vn"));
    const Message = "Ảnh <SV001> không hợp lệ & bị từ chối.\n\nHãy chụp lại.";
    const { MessageId } = await client.send(new PublishCommand({ TopicArn, Subject: "Ảnh bị từ chối", Message }));
    expect(MessageId).to.match(/^[0-9a-f-]{36}$/);
    const sent = await mails();
    expect(sent.map((mail) => mail?.to[0])).to.have.members(["office@school.vn", "it@school.vn"]);
    expect(sent[0]).to.include({ from: '"AWS Notifications" <no-reply@sns.amazonaws.com>', subject: "Ảnh bị từ chối" });
    expect(sent[0]?.text.startsWith(`${Message}\n\n--\nIf you wish to stop receiving notifications`)).to.equal(true);
    expect(sent[0]?.text).to.include(
      "https://sns.ap-southeast-1.amazonaws.com/unsubscribe.html?SubscriptionArn=arn%3Aaws%3Asns",
    );
    expect(sent[0]?.origin).to.deep.equal({ service: "sns", topicArn: TopicArn });
  });

  it("has SNS's own subject when none is given", async () => {
    await start(subscription("email", "office@school.vn"));
    await client.send(new PublishCommand({ TopicArn, Message: "m" }));
    expect(mailbox.list()[0]?.subject).to.equal("AWS Notification Message");
  });

  it("sends each protocol its own text", async () => {
    await start(subscription("email", "office@school.vn"), subscription("sqs", queueArn, { rawMessageDelivery: true }));
    const Message = JSON.stringify({ default: "for all", email: "for mails", lambda: 5 });
    const MessageAttributes = { reason: { DataType: "String", StringValue: "NO_FACE" } };
    await client.send(new PublishCommand({ TopicArn, Message, MessageStructure: "json", MessageAttributes }));
    expect((await mails())[0]?.text).to.match(/^for mails\n/);
    const [message] = await queued();
    expect(message?.Body).to.equal("for all");
    expect(message?.MessageAttributes?.reason?.StringValue).to.equal("NO_FACE");
  });

  it("wraps what goes to queues, functions and email-json", async () => {
    await start(
      subscription("sqs", queueArn),
      subscription("lambda", "arn:function"),
      subscription("email-json", "office@school.vn"),
    );
    const MessageAttributes = { reason: { DataType: "String", StringValue: "NO_FACE" } };
    const { MessageId } = await client.send(
      new PublishCommand({ TopicArn, Subject: "s", Message: "m", MessageAttributes }),
    );
    const [message] = await queued();
    const envelope = { Type: "Notification", MessageId, TopicArn, Subject: "s", Message: "m" };
    expect(JSON.parse(message?.Body ?? "")).to.deep.include({
      ...envelope,
      MessageAttributes: { reason: { Type: "String", Value: "NO_FACE" } },
    });
    expect(JSON.parse((await mails())[0]?.text ?? "")).to.deep.include(envelope);
    expect(invoked[0]?.[0]).to.equal("arn:function");
    const [record] = (invoked[0]?.[1] as { Records: { EventSource: string; Sns: object }[] }).Records;
    expect(record?.EventSource).to.equal("aws:sns");
    expect(record?.Sns).to.deep.include(envelope);
  });

  it("sends a subscriber only what its filter policy takes", async () => {
    const byAttribute = { filterPolicy: { reason: ["NO_FACE", { prefix: "FACE_" }], score: [{ numeric: [">", 50] }] } };
    const byBody = { filterPolicy: '{"detail":{"status":["FAILED"]}}', filterPolicyScope: "MessageBody" };
    const byList = { filterPolicy: { tags: ["b"] } };
    await start(
      subscription("email", "attribute@school.vn", byAttribute),
      subscription("email", "body@school.vn", byBody),
      subscription("email", "list@school.vn", byList),
      subscription("email", "all@school.vn"),
    );
    const publish = async (Message: string, attributes: Record<string, [type: string, value: string]>) => {
      const before = mailbox.list().length;
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, [DataType, StringValue]]) => [name, { DataType, StringValue }]),
      );
      await client.send(new PublishCommand({ TopicArn, Message, MessageAttributes }));
      const newest = mailbox.list({ limit: mailbox.list().length - before });
      return newest.map(({ to }) => to[0]?.split("@")[0]).sort();
    };
    expect(await publish("m", { reason: ["String", "FACE_BLURRED"], score: ["Number", "51"] })).to.deep.equal([
      "all",
      "attribute",
    ]);
    expect(await publish("m", { reason: ["String", "FACE_BLURRED"], score: ["Number", "50"] })).to.deep.equal(["all"]);
    expect(await publish('{"detail":{"status":"FAILED"}}', {})).to.deep.equal(["all", "body"]);
    expect(await publish("not JSON", { tags: ["String.Array", '["a","b"]'] })).to.deep.equal(["all", "list"]);
  });

  it("refuses what SNS refuses, in its words", async () => {
    await start(subscription("email", "office@school.vn"));
    const Message = "m";
    const inputs = [
      { Message, Subject: "x".repeat(100) },
      { Message, Subject: "two\nlines" },
      { Message: "" },
      { Message: "x".repeat(262_145) },
      { Message: "no JSON", MessageStructure: "json" },
      { Message: '{"email":"x"}', MessageStructure: "json" },
      { Message, MessageAttributes: { n: { DataType: "Number", StringValue: "five" } } },
    ];
    const refusals = await Promise.all(
      inputs.map((input) => errorOf(client.send(new PublishCommand({ TopicArn, ...input })))),
    );
    expect(refusals.map(({ message }) => message)).to.deep.equal([
      "Invalid parameter: Subject",
      "Invalid parameter: Subject",
      "Invalid parameter: Empty message",
      "Invalid parameter: Message too long",
      "Invalid parameter: Message Structure - JSON message body failed to parse",
      "Invalid parameter: Message Structure - No default entry in JSON message body",
      "The value of message attribute 'n' is not a valid Number: 'five'.",
    ]);
    expect(refusals[0]?.name).to.equal("InvalidParameterException");
    await client.send(new PublishCommand({ TopicArn, Message, Subject: "Ả".repeat(99) }));
    expect(mailbox.list()).to.have.length(1);
  });

  it("holds roles to their policies", async () => {
    await start();
    const error = await errorOf(client.send(new PublishCommand({ TopicArn: quiet, Message: "m" })));
    expect(error.name).to.equal("AuthorizationErrorException");
    expect(error.message).to.include(`is not authorized to perform: sns:Publish on resource: ${quiet}`);
    expect((await errorOf(client.send(new ListTopicsCommand({})))).name).to.equal("AuthorizationErrorException");
  });

  it("lists topics and subscriptions, and says which topic it does not have", async () => {
    await start(subscription("email", "office@school.vn"));
    const operator = new SNSClient(cloud.client());
    expect((await operator.send(new ListTopicsCommand({}))).Topics).to.deep.equal([{ TopicArn }, { TopicArn: quiet }]);
    const { Attributes } = await operator.send(new GetTopicAttributesCommand({ TopicArn: quiet }));
    expect(Attributes).to.include({ DisplayName: 'Trường "Avatars"', SubscriptionsConfirmed: "0" });
    const { Subscriptions } = await operator.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    expect(Subscriptions?.map(({ Endpoint }) => Endpoint)).to.deep.equal(["office@school.vn"]);
    const missing = await errorOf(operator.send(new PublishCommand({ TopicArn: `${TopicArn}x`, Message: "m" })));
    expect(missing.name).to.equal("NotFoundException");
    const subscribe = new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint: "x@y" });
    expect((await errorOf(operator.send(subscribe))).message).to.equal(
      "The local cloud's sns does not serve the operation Subscribe.",
    );
  });

  it("refuses by name what a message may have on AWS and has no effect here", async () => {
    await start(subscription("email", "office@school.vn"));
    const refused = await errorOf(client.send(new PublishCommand({ TopicArn, Message: "m", MessageGroupId: "g" })));
    expect(refused.message).to.equal("The local cloud's sns does not serve Publish with MessageGroupId.");
    const entry = { Id: "a", Message: "m", MessageDeduplicationId: "d" };
    const batch = new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [entry] });
    expect((await errorOf(client.send(batch))).message).to.equal(
      "The local cloud's sns does not serve PublishBatch with PublishBatchRequestEntries.member.1.MessageDeduplicationId.",
    );
    expect(mailbox.list()).to.deep.equal([]);
  });

  it("publishes in batches, where one refused entry does not hold up the others", async () => {
    await start(subscription("email", "office@school.vn"));
    const answer = await client.send(
      new PublishBatchCommand({
        TopicArn,
        PublishBatchRequestEntries: [
          { Id: "a", Message: "one", Subject: "A" },
          { Id: "b", Message: "two", Subject: "\n" },
          {
            Id: "c",
            Message: "three",
            Subject: "C",
            MessageAttributes: { n: { DataType: "Number", StringValue: "1" } },
          },
        ],
      }),
    );
    expect(answer.Successful?.map(({ Id }) => Id)).to.deep.equal(["a", "c"]);
    expect(answer.Failed?.map(({ Id, Code }) => `${Id} ${Code}`)).to.deep.equal(["b InvalidParameter"]);
    expect(mailbox.list().map(({ subject }) => subject)).to.deep.equal(["C", "A"]);
  });

  it("reports the subscriber that did not take a message, and serves the others", async () => {
    await start(subscription("sqs", `${queueArn}x`), subscription("email", "office@school.vn"));
    await sns.publish(TopicArn, { message: "from an alarm" });
    expect(errors).to.deep.equal([
      `${TopicArn} could not reach sqs ${queueArn}x: The specified queue does not exist: copiesx`,
    ]);
    expect(mailbox.list()).to.have.length(1);
  });
});
