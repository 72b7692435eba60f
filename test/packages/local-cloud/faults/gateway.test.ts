import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";

import { startDynamoDb } from "../../../../packages/local-cloud/services/dynamodb";
import { createFaultInjector } from "../../../../packages/local-cloud/faults";
import { openMailbox } from "../../../../packages/local-cloud/services/mail";
import { createSns } from "../../../../packages/local-cloud/services/sns";
import { identity, recordingS3, startCloud, type Seen, type TestCloud } from "../gateway/helpers";
import { errorOf } from "../../../support/errors";

const TopicArn = "arn:aws:sns:ap-southeast-1:000000000000:notices";
const item = (id: string) => ({ TableName: "avatars", Item: { id: { S: id } } });

describe("faults at the gateway", () => {
  const faults = createFaultInjector();
  const seen: Seen[] = [];
  let folder: string;
  let cloud: TestCloud;
  let dynamodb: DynamoDBClient;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "faults-"));
    const tables = [{ name: "avatars", attributes: [{ name: "id", type: "S" as const }], hashKey: "id" }];
    const mailbox = await openMailbox({ folder: join(folder, "mail") });
    cloud = await startCloud({
      services: [
        await startDynamoDb({ folder, identity, tables }),
        createSns({ identity, topics: [{ arn: TopicArn, subscriptions: [] }], mailbox }),
        recordingS3(seen),
      ],
      faults,
    });
    dynamodb = new DynamoDBClient(cloud.client());
  });
  after(async () => {
    await cloud.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => void (seen.length = 0));

  const stored = async (id: string) => {
    faults.clear();
    return (
      (await dynamodb.send(new GetItemCommand({ TableName: "avatars", Key: { id: { S: id } } }))).Item !== undefined
    );
  };

  it("answer in each service's protocol, before anything has happened", async () => {
    faults.use({ rules: [{ service: "*", fault: { kind: "throttle" } }] });
    const errors = await Promise.all([
      errorOf(dynamodb.send(new PutItemCommand(item("throttled")))),
      errorOf(new S3Client(cloud.client()).send(new GetObjectCommand({ Bucket: "photos", Key: "a" }))),
      errorOf(new SNSClient(cloud.client()).send(new PublishCommand({ TopicArn, Message: "m" }))),
    ]);
    expect(errors.map(({ name }) => name)).to.deep.equal([
      "ProvisionedThroughputExceededException",
      "SlowDown",
      "ThrottledException",
    ]);
    expect(faults.log.map(({ service, operation }) => `${service}:${operation}`)).to.have.members([
      "dynamodb:PutItem",
      "s3:GetObject",
      "sns:Publish",
    ]);
    expect(seen).to.deep.equal([]);
    expect(await stored("throttled")).to.equal(false);
  });

  it("are overcome by the SDK's own retries", async () => {
    faults.use({ rules: [{ service: "dynamodb", calls: [1], fault: { kind: "error", status: 500 } }] });
    await new DynamoDBClient(cloud.client(undefined, 2)).send(new PutItemCommand(item("retried")));
    expect(faults.log).to.have.length(1);
    expect(await stored("retried")).to.equal(true);
  });

  it("break the connection after the effect", async () => {
    faults.use({ rules: [{ service: "dynamodb", calls: [1], fault: { kind: "dropAnswer" } }] });
    const error = await errorOf(dynamodb.send(new PutItemCommand(item("dropped"))));
    expect(error).to.have.property("code", "ECONNRESET");
    expect(await stored("dropped")).to.equal(true);
  });

  it("kill the caller before or after the effect", async () => {
    const killed: string[] = [];
    faults.onKill(({ accessKeyId, operation }) => killed.push(`${accessKeyId} ${operation}`));
    for (const when of ["before", "after"]) {
      faults.use({ rules: [{ service: "dynamodb", operation: "PutItem", fault: { kind: "killFunction", when } }] });
      expect(await errorOf(dynamodb.send(new PutItemCommand(item(when))))).to.have.property("code", "ECONNRESET");
    }
    expect(killed).to.deep.equal(["local PutItem", "local PutItem"]);
    expect([await stored("before"), await stored("after")]).to.deep.equal([false, true]);
  });

  it("delay a call that goes through then", async () => {
    faults.use({ rules: [{ service: "dynamodb", fault: { kind: "delay", milliseconds: 20 } }] });
    await dynamodb.send(new PutItemCommand(item("late")));
    expect(await stored("late")).to.equal(true);
  });
});
