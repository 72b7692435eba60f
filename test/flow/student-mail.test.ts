import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { join } from "node:path";
import { makeUploadId, uploadKey } from "../../handlers/contract/keys";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { evaluateProgram } from "../../packages/local-cloud/program/evaluate";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { errorOf } from "../support/errors";
import { without } from "../support/grants";
import { portrait } from "../support/portraits";
import { startPipeline, type Pipeline } from "../support/with-cloud";

/** The way of a student's mail: topic, queue, function, SES; with real archives. */
describe("The mail to a student", () => {
  const faults = createFaultInjector();
  let graph: ProgramGraph;
  let pipeline: Pipeline;
  let bytes: Buffer;
  let sqs: SQSClient;
  before(async () => {
    graph = await evaluateProgram({
      program: join(__dirname, "../../../index.ts"),
      config: { sender: "avatars@school.example", studentDomains: JSON.stringify(["student.example"]) },
    });
    bytes = await portrait("A", { width: 240 });
    // Without a pause between attempts, a message that failed is visible at once, so that the cloud is not idle.
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      retryScale: 0,
      waitScale: 0,
      change: () => graph,
    });
    sqs = new SQSClient(pipeline.cloud.clientConfig);
  });
  after(() => pipeline.close());
  afterEach(() => faults.clear());

  /** Sends a photo as the page does, with the student's address; resolves once nothing is under way. */
  const send = async (studentId: string): Promise<void> => {
    const uploadId = makeUploadId(Date.now(), Buffer.from(studentId.padEnd(10)).subarray(0, 10));
    await pipeline.dynamodb.putItem({
      TableName: pipeline.names.uploadTable,
      Item: {
        upload_id: { S: uploadId },
        student_id: { S: studentId },
        status: { S: "awaiting-upload" },
        email: { S: addressOf(studentId) },
        locale: { S: "vi" },
      },
    });
    const { status } = await pipeline.process(
      uploadKey(studentId, uploadId, "jpg"),
      scriptFaces(bytes, [{ person: studentId }]),
    );
    expect(status).to.equal("accepted");
  };
  const addressOf = (studentId: string) => `${studentId.toLowerCase()}@student.example`;
  const mailsTo = (studentId: string) =>
    pipeline.cloud.mailbox.list({ limit: 1000 }).filter(({ to }) => to.includes(addressOf(studentId))).length;
  const deadLetters = () => String(pipeline.cloud.graph.stackOutputs["mailDeadLetterQueueUrl"]);
  const queue = (logicalName: string) => {
    const found = graph.resources.find(({ type, name }) => type === "aws:sqs/queue:Queue" && name === logicalName);
    if (found === undefined) throw new Error(`The program has no queue ${logicalName}.`);
    return found.outputs as { readonly arn: string; readonly name: string };
  };
  /** As `aws sqs get-queue-attributes` gives them: the same figures as the alarm's metric. */
  const attributesOf = async (QueueUrl: string) =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))).Attributes ?? {};

  it("arrives once", async () => {
    await send("SV1");
    expect(mailsTo("SV1")).to.equal(1);
  });

  it("arrives once for each of several students while SES throttles for a while", async () => {
    const throttle = { service: "ses", operation: "SendEmail", times: 12, fault: { kind: "throttle" } };
    faults.use({ rules: [throttle] });
    await Promise.all(["SV2", "SV3", "SV4"].map(send));
    expect(faults.log).to.have.length(12);
    expect(["SV2", "SV3", "SV4"].map(mailsTo)).to.deep.equal([1, 1, 1]);
    expect((await attributesOf(deadLetters()))["ApproximateNumberOfMessages"]).to.equal("0");
  });

  it("arrives once if the function's process is killed before it mails", async () => {
    const kill = { kind: "killFunction", when: "before" };
    faults.use({ rules: [{ service: "ses", operation: "SendEmail", calls: [1], fault: kill }] });
    await send("SV5");
    expect(faults.log).to.have.length(1);
    expect(mailsTo("SV5")).to.equal(1);
  });

  it("waits as a dead letter once SES has refused it for good, and arrives once when it is sent again", async () => {
    const fault = { kind: "error", status: 500, code: "MessageRejected" };
    faults.use({ rules: [{ service: "ses", operation: "SendEmail", fault }] });
    await send("SV6");
    expect(mailsTo("SV6")).to.equal(0);
    // One for each of the queue's attempts at least: the SDK retries within an attempt.
    expect(faults.log.length).to.be.at.least(20);

    const { arn, name } = queue("avatars-mail-undelivered");
    const waiting = await attributesOf(deadLetters());
    expect(waiting).to.include({ QueueArn: arn, ApproximateNumberOfMessages: "1" });
    const alarm = graph.resources.find(
      ({ type, inputs }) =>
        type === "aws:cloudwatch/metricAlarm:MetricAlarm" &&
        (inputs["dimensions"] as Record<string, string> | undefined)?.["QueueName"] === name,
    );
    expect(alarm?.inputs).to.include({ namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible" });

    // The way of docs/guides/operate.md, before and after the cause is fixed.
    const sendAgain = () => sqs.send(new StartMessageMoveTaskCommand({ SourceArn: String(waiting["QueueArn"]) }));
    await sendAgain();
    await pipeline.cloud.idle();
    expect((await attributesOf(deadLetters()))["ApproximateNumberOfMessages"]).to.equal("1");
    faults.clear();
    await sendAgain();
    await pipeline.cloud.idle();
    expect(mailsTo("SV6")).to.equal(1);
    const left = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetters() }));
    expect(left.Messages ?? []).to.deep.equal([]);
  });

  for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]) {
    it(`is refused at the start, as Lambda refuses its mapping, to a function without ${action}`, async () => {
      const change = () => without(graph, "avatars-mail-student", action);
      const error = await errorOf(startPipeline({ engine: scriptedEngine(), change }));
      expect(error.message).to.include(`is not authorized to perform: ${action}`);
      expect(error.message).to.include(queue("avatars-mail").arn);
    });
  }
});
