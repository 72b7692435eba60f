import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

import { startSqs, type Sqs } from "../../../../../packages/local-cloud/services/sqs";
import { identity, roleAllowing, startCloud, type TestCloud } from "../../gateway/helpers";
import { errorOf } from "../../../../support/errors";

const arn = "arn:aws:sqs:ap-southeast-1:000000000000:dead";
const reader = roleAllowing("reader", ["sqs:ReceiveMessage"], [arn]);

describe("the local SQS", () => {
  let folder: string;
  let sqs: Sqs;
  let cloud: TestCloud;
  let client: SQSClient;
  let QueueUrl: string;
  let time = Date.parse("2026-11-23T00:00:00Z");

  async function start(): Promise<void> {
    const queues = [{ name: "dead", arn, visibilityTimeoutSeconds: 10, messageRetentionSeconds: 3600 }];
    sqs = await startSqs({ folder, identity, queues, now: () => time });
    cloud = await startCloud({ services: [sqs], roles: [reader] });
    client = new SQSClient(cloud.client());
    QueueUrl = (await client.send(new GetQueueUrlCommand({ QueueName: "dead" }))).QueueUrl ?? "";
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sqs-"));
    await start();
  });
  afterEach(async () => {
    await cloud.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const receive = async (more: object = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
  const bodies = async (more: object = {}) =>
    (await receive({ MaxNumberOfMessages: 10, ...more })).map(({ Body }) => Body);

  it("hands out what was sent, with its attributes, and forgets it when it is deleted", async () => {
    const MessageAttributes = {
      why: { DataType: "String", StringValue: "gone" },
      other: { DataType: "Number", StringValue: "1" },
    };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "ảnh <&>", MessageAttributes }));
    const [message] = await receive({
      MessageAttributeNames: ["why"],
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    });
    expect(message).to.include({ Body: "ảnh <&>" });
    expect(message?.MessageAttributes).to.deep.equal({ why: { DataType: "String", StringValue: "gone" } });
    expect(message?.Attributes).to.deep.equal({ ApproximateReceiveCount: "1" });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    time += 60_000;
    expect(await bodies()).to.deep.equal([]);
  });

  it("hides a message that was received until its time is over", async () => {
    await sqs.send(arn, "one", { RULE_ARN: "arn:rule" });
    const [first] = await receive();
    expect(await bodies()).to.deep.equal([]);
    expect(sqs.counts(arn)).to.deep.equal({ visible: 0, notVisible: 1, delayed: 0 });
    time += 10_001;
    const [again] = await receive({ MessageAttributeNames: ["All"], AttributeNames: ["All"] });
    expect(again?.MessageAttributes?.RULE_ARN?.StringValue).to.equal("arn:rule");
    expect(again?.Attributes?.ApproximateReceiveCount).to.equal("2");
    // The first receipt is no longer valid.
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    time += 10_001;
    expect(await bodies()).to.deep.equal(["one"]);
  });

  it("waits for a message when asked to", async () => {
    const waiting = bodies({ WaitTimeSeconds: 20 });
    await sqs.send(arn, "late");
    expect(await waiting).to.deep.equal(["late"]);
  });

  it("holds back a delayed message, and drops what is older than it keeps", async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "delayed", DelaySeconds: 5 }));
    expect(sqs.counts(arn).delayed).to.equal(1);
    expect(await bodies()).to.deep.equal([]);
    time += 5001;
    expect(await bodies({ VisibilityTimeout: 0 })).to.deep.equal(["delayed"]);
    time += 3_600_000;
    expect(await bodies()).to.deep.equal([]);
  });

  it("counts and purges", async () => {
    await Promise.all(["a", "b", "c"].map((body) => sqs.send(arn, body)));
    const command = new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "QueueArn"],
    });
    expect((await client.send(command)).Attributes).to.deep.equal({ ApproximateNumberOfMessages: "3", QueueArn: arn });
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    expect((await client.send(command)).Attributes?.ApproximateNumberOfMessages).to.equal("0");
  });

  it("has its messages after a restart, those in somebody's hands too", async () => {
    await sqs.send(arn, "a");
    await sqs.send(arn, "b");
    await receive();
    await cloud.gateway.close();
    await start();
    expect(await bodies()).to.deep.equal(["a", "b"]);
  });

  it("counts on after a restart how often a message was received", async () => {
    await sqs.send(arn, "a");
    await receive();
    await cloud.gateway.close();
    await start();
    const [again] = await receive({ MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
    expect(again?.Attributes).to.deep.equal({ ApproximateReceiveCount: "2" });
  });

  it("refuses what SQS refuses", async () => {
    const missing = await errorOf(client.send(new GetQueueUrlCommand({ QueueName: "none" })));
    expect(missing.name).to.equal("QueueDoesNotExist");
    const wrong = await errorOf(receive({ MaxNumberOfMessages: 11 }));
    expect(wrong.message).to.include(
      "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10",
    );
    const large = await errorOf(
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1024 * 1024 + 1) })),
    );
    expect(large.name).to.equal("InvalidParameterValue");
    expect((await errorOf(client.send(new CreateQueueCommand({ QueueName: "new" })))).message).to.equal(
      "The local cloud's sqs does not serve the operation CreateQueue.",
    );
  });

  it("refuses by name what a message or a question may have on AWS and has no effect here", async () => {
    const refused = [
      new SendMessageCommand({ QueueUrl, MessageBody: "a", MessageGroupId: "g" }),
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "a",
        MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "t" } },
      }),
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "a", MessageDeduplicationId: "d" }] }),
      new ReceiveMessageCommand({ QueueUrl, ReceiveRequestAttemptId: "r" }),
      new GetQueueUrlCommand({ QueueName: "dead", QueueOwnerAWSAccountId: "111111111111" }),
    ];
    const messages = await Promise.all(
      refused.map(async (command) => (await errorOf(client.send(command as SendMessageCommand))).message),
    );
    expect(messages).to.deep.equal([
      "The local cloud's sqs does not serve SendMessage with MessageGroupId.",
      "The local cloud's sqs does not serve SendMessage with MessageSystemAttributes.",
      "The local cloud's sqs does not serve SendMessageBatch with Entries.MessageDeduplicationId.",
      "The local cloud's sqs does not serve ReceiveMessage with ReceiveRequestAttemptId.",
      "The local cloud's sqs does not serve GetQueueUrl with QueueOwnerAWSAccountId.",
    ]);
    expect(await receive()).to.deep.equal([]);
  });

  it("refuses receipts that are none, and bodies that no XML can hold", async () => {
    const erase = (ReceiptHandle: string) => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect((await errorOf(erase("nonsense"))).name).to.equal("ReceiptHandleIsInvalid");
    for (const foreign of ["a\u0001", "\u0000", "\ufffe"]) {
      const error = await errorOf(client.send(new SendMessageCommand({ QueueUrl, MessageBody: foreign })));
      expect(error.name).to.equal("InvalidMessageContents");
    }
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "tab\t line\n 😀 \ufffd" }));
    const [message] = await receive();
    await erase(message?.ReceiptHandle ?? "");
    // The receipt of a message that is gone, as on SQS.
    await erase(message?.ReceiptHandle ?? "");
    expect(sqs.counts(arn)).to.deep.equal({ visible: 0, notVisible: 0, delayed: 0 });
  });

  it("sends and deletes in batches, where one refused entry does not hold up the others", async () => {
    const sent = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "a", MessageBody: "one" },
          { Id: "b", MessageBody: "\u0001" },
          { Id: "c", MessageBody: "three" },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).to.deep.equal(["a", "c"]);
    expect(sent.Failed?.map(({ Id, Code }) => `${Id ?? ""} ${Code ?? ""}`)).to.deep.equal(["b InvalidMessageContents"]);
    const received = await receive({ MaxNumberOfMessages: 10 });
    expect(received.map(({ Body }) => Body)).to.deep.equal(["one", "three"]);
    const Entries = [
      ...received.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
      { Id: "x", ReceiptHandle: "none" },
    ];
    const deleted = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(deleted.Successful?.length).to.equal(2);
    expect(deleted.Failed?.map(({ Code }) => Code)).to.deep.equal(["ReceiptHandleIsInvalid"]);
    const batch = (entries: { Id: string; MessageBody: string }[]) =>
      errorOf(client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }))).then(({ name }) => name);
    const one = { Id: "1", MessageBody: "a" };
    expect(await batch([])).to.equal("EmptyBatchRequest");
    expect(await batch([one, one])).to.equal("BatchEntryIdsNotDistinct");
    expect(await batch([{ ...one, Id: "a b" }])).to.equal("InvalidBatchEntryId");
    expect(await batch(Array.from({ length: 11 }, (_, i) => ({ ...one, Id: String(i) })))).to.equal(
      "TooManyEntriesInBatchRequest",
    );
  });

  it("hides a message for longer or shows it again while somebody has it in hand", async () => {
    await sqs.send(arn, "a");
    const [message] = await receive();
    const ReceiptHandle = message?.ReceiptHandle ?? "";
    const hide = (VisibilityTimeout: number) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    await hide(100);
    time += 50_000;
    expect(await receive()).to.deep.equal([]);
    await hide(0);
    expect((await receive()).map(({ Body }) => Body)).to.deep.equal(["a"]);
    expect((await errorOf(hide(5))).name).to.equal("MessageNotInflight");
  });

  it("lists its queues", async () => {
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).to.deep.equal([QueueUrl]);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: "x" }))).QueueUrls ?? []).to.deep.equal([]);
  });

  it("holds roles to their policies", async () => {
    const asReader = new SQSClient(cloud.client(reader.arn));
    await asReader.send(new ReceiveMessageCommand({ QueueUrl }));
    const error = await errorOf(asReader.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" })));
    expect(error.name).to.equal("AccessDeniedException");
    expect(error.message).to.include(`is not authorized to perform: sqs:SendMessage on resource: ${arn}`);
  });
});
