import {
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSqs, type Sqs } from "../../../../../packages/local-cloud/services/sqs";
import { errorOf } from "../../../../support/errors";
import { identity, roleAllowing, startCloud, type TestCloud } from "../../gateway/helpers";

const arnOf = (name: string) => `arn:aws:sqs:ap-southeast-1:000000000000:${name}`;
const [work, dead, other] = [arnOf("work"), arnOf("dead"), arnOf("other")];
const moving = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const mover = roleAllowing("mover", moving, [dead]);

describe("the local SQS's redrive", () => {
  let folder: string;
  let sqs: Sqs;
  let cloud: TestCloud;
  let client: SQSClient;
  let time = Date.parse("2026-11-23T00:00:00Z");

  async function start(): Promise<void> {
    const queues = [
      { name: "work", arn: work, visibilityTimeoutSeconds: 10, deadLetters: { arn: dead, maxReceives: 2 } },
      { name: "dead", arn: dead, messageRetentionSeconds: 3600 },
      { name: "other", arn: other },
    ];
    sqs = await startSqs({ folder, identity, queues, now: () => time });
    cloud = await startCloud({ services: [sqs], roles: [mover] });
    client = new SQSClient(cloud.client());
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sqs-"));
    await start();
  });
  afterEach(async () => {
    await cloud.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const urlOf = (name: string) => `${cloud.gateway.url}/000000000000/${name}`;
  const receive = async (name: string) => {
    const asked = { QueueUrl: urlOf(name), MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All" as const] };
    return (await client.send(new ReceiveMessageCommand(asked))).Messages ?? [];
  };
  const bodies = async (name: string) => (await receive(name)).map(({ Body }) => Body);
  /** Receives once and lets the visibility timeout end, as a consumer does that fails. */
  const fail = async () => {
    const received = await bodies("work");
    time += 10_001;
    return received;
  };
  const move = (input: StartMessageMoveTaskCommandInput, from = client) =>
    from.send(new StartMessageMoveTaskCommand(input));

  it("moves a message that was received too often, with its id, once somebody asks again", async () => {
    const id = await sqs.send(work, "a");
    expect([await fail(), await fail()]).to.deep.equal([["a"], ["a"]]);
    expect(sqs.counts(dead).visible).to.equal(0);
    expect(await bodies("work")).to.deep.equal([]);
    expect(sqs.counts(work)).to.deep.equal({ visible: 0, notVisible: 0, delayed: 0 });
    const [letter] = await receive("dead");
    expect(letter).to.include({ Body: "a", MessageId: id });
    expect(letter?.Attributes).to.include({ ApproximateReceiveCount: "1" });
  });

  it("gives a message no further attempts because of a restart", async () => {
    await sqs.send(work, "a");
    await fail();
    await cloud.gateway.close();
    await start();
    await fail();
    expect(await bodies("work")).to.deep.equal([]);
    expect(await bodies("dead")).to.deep.equal(["a"]);
  });

  it("keeps a dead letter no longer than its queue says, counted from the first sending", async () => {
    await sqs.send(work, "old");
    time += 3_000_000;
    await sqs.send(dead, "young");
    await fail();
    await fail();
    await bodies("work");
    expect(sqs.counts(dead).visible).to.equal(2);
    time += 600_000;
    expect(await bodies("dead")).to.deep.equal(["young"]);
  });

  it("sends dead letters again as new messages to where they come from, and leaves the others", async () => {
    const id = await sqs.send(work, "a", { RULE_ARN: "arn:rule" });
    await sqs.send(dead, "sent here directly");
    await fail();
    await fail();
    await bodies("work");
    await move({ SourceArn: dead });
    expect(sqs.counts(dead).visible).to.equal(1);
    const [again] = await receive("work");
    expect(again).to.include({ Body: "a" });
    expect(again?.MessageId).not.to.equal(id);
    // With all its attempts.
    expect(again?.Attributes).to.include({ ApproximateReceiveCount: "1" });
    expect(await bodies("dead")).to.deep.equal(["sent here directly"]);
  });

  it("sends all of them to one queue if asked to", async () => {
    await client.send(new SendMessageCommand({ QueueUrl: urlOf("dead"), MessageBody: "a" }));
    await move({ SourceArn: dead, DestinationArn: other });
    expect(await bodies("other")).to.deep.equal(["a"]);
    expect(sqs.counts(dead)).to.deep.equal({ visible: 0, notVisible: 0, delayed: 0 });
  });

  it("moves nothing out of a queue that holds no dead letters, or for a role that may not send", async () => {
    await sqs.send(dead, "a");
    expect((await errorOf(move({ SourceArn: work }))).message).to.include("must be configured as a Dead Letter Queue");
    const asMover = new SQSClient(cloud.client(mover.arn));
    const error = await errorOf(move({ SourceArn: dead, DestinationArn: other }, asMover));
    expect(error.message).to.include(`is not authorized to perform: sqs:SendMessage on resource: ${other}`);
    expect(await bodies("dead")).to.deep.equal(["a"]);
  });
});
