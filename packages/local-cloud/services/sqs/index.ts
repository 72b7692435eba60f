/**
 * SQS, as far as a dead letter queue and whoever looks into it need it.
 *
 *   startSqs({ folder, identity, queues, now? }): Promise<Sqs>
 *     a CloudService (`sqs`), and
 *     .send(queueArn, body, attributes?): Promise<string>    for the local services that send to a queue: gives the
 *                                                            message's id; the caller has authorized the service
 *     .counts(queueArn): { visible, notVisible, delayed }    for alarms on a queue's length
 *
 * Serves SendMessage, ReceiveMessage (with long polling), DeleteMessage, GetQueueAttributes, GetQueueUrl and
 * PurgeQueue on the JSON protocol, each authorized as `sqs:<Operation>` on the queue's ARN. Standard queues only.
 * Messages are kept in the folder; what was received and not deleted is visible again after a restart.
 */
import { join } from "node:path";

import { jsonService, type JsonOperation } from "../../gateway/json-service";
import { cloudError, type CloudIdentity, type CloudRequest, type CloudService } from "../../gateway/service";
import { md5, openQueue, type DeclaredQueue, type MessageAttribute, type Queue, type Received } from "./queue";

export type { DeclaredQueue } from "./queue";

export interface Sqs extends CloudService {
  /** Text attributes by name. @throws CloudError `QueueDoesNotExist` when there is no such queue */
  send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
  counts(queueArn: string): ReturnType<Queue["counts"]>;
}

/** Largest message, in bytes, as on SQS since 2025. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

export async function startSqs(options: {
  folder: string;
  identity: CloudIdentity;
  queues: readonly DeclaredQueue[];
  now?: () => number;
}): Promise<Sqs> {
  const { folder, identity, now = Date.now } = options;
  const queues = new Map<string, Queue>();
  for (const declared of options.queues) {
    queues.set(declared.name, await openQueue(declared, join(folder, `${declared.name}.ndjson`), now));
  }

  function find(name: string | undefined): Queue {
    const queue = queues.get(name ?? "");
    if (!queue) throw cloudError("QueueDoesNotExist", 400, `The specified queue does not exist: ${name}`);
    return queue;
  }

  /** An operation on the queue of `QueueUrl`. */
  function onQueue(
    operation: string,
    run: (queue: Queue, input: Record<string, unknown>, request: CloudRequest) => Promise<object> | object,
  ): JsonOperation {
    return (input, request) => {
      const queue = find(text(input, "QueueUrl").split("/").at(-1));
      request.authorize(`sqs:${operation}`, queue.declared.arn);
      return run(queue, input, request);
    };
  }

  const service = jsonService({
    name: "sqs",
    targetPrefix: "AmazonSQS",
    version: "1.0",
    errorPrefix: "com.amazonaws.sqs#",
    operations: {
      SendMessage: onQueue("SendMessage", async (queue, input, request) => {
        const body = text(input, "MessageBody");
        if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
          throw cloudError(
            "InvalidParameterValue",
            400,
            `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
          );
        }
        const attributes = (input.MessageAttributes ?? {}) as Record<string, MessageAttribute>;
        const delaySeconds = number(input, "DelaySeconds", 0, 900) ?? 0;
        const { id } = await queue.send({ body, attributes, senderId: request.caller.arn, delaySeconds });
        return { MessageId: id, MD5OfMessageBody: md5(body) };
      }),
      ReceiveMessage: onQueue("ReceiveMessage", async (queue, input) => {
        const received = await queue.receive(
          number(input, "MaxNumberOfMessages", 1, 10) ?? 1,
          number(input, "VisibilityTimeout", 0, 43_200),
          number(input, "WaitTimeSeconds", 0, 20),
        );
        return received.length === 0 ? {} : { Messages: received.map((message) => toMessage(message, input)) };
      }),
      DeleteMessage: onQueue("DeleteMessage", async (queue, input) => {
        await queue.delete(text(input, "ReceiptHandle"));
        return {};
      }),
      PurgeQueue: onQueue("PurgeQueue", async (queue) => {
        await queue.purge();
        return {};
      }),
      GetQueueAttributes: onQueue("GetQueueAttributes", (queue, input) => {
        const { visible, notVisible, delayed } = queue.counts();
        const { arn, visibilityTimeoutSeconds = 30, messageRetentionSeconds = 345_600 } = queue.declared;
        const all: Record<string, string> = {
          QueueArn: arn,
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(notVisible),
          ApproximateNumberOfMessagesDelayed: String(delayed),
          VisibilityTimeout: String(visibilityTimeoutSeconds),
          MessageRetentionPeriod: String(messageRetentionSeconds),
        };
        return { Attributes: pick(all, names(input.AttributeNames)) };
      }),
      GetQueueUrl: (input, request) => {
        const queue = find(text(input, "QueueName"));
        request.authorize("sqs:GetQueueUrl", queue.declared.arn);
        return { QueueUrl: `${request.url.origin}/${identity.accountId}/${queue.declared.name}` };
      },
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  });

  const byArn = (arn: string) => find(arn.split(":").at(-1));
  return {
    ...service,
    async send(queueArn, body, attributes = {}) {
      const typed = Object.entries(attributes).map(([name, StringValue]) => [
        name,
        { DataType: "String", StringValue },
      ]);
      const message = { body, attributes: Object.fromEntries(typed) as Record<string, MessageAttribute> };
      return (await byArn(queueArn).send({ ...message, senderId: identity.accountId })).id;
    },
    counts: (queueArn) => byArn(queueArn).counts(),
  };
}

function toMessage(message: Received, input: Record<string, unknown>): object {
  const system = pick(
    {
      SenderId: message.senderId,
      SentTimestamp: String(message.sentAt),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    [...names(input.AttributeNames), ...names(input.MessageSystemAttributeNames)],
  );
  const own = pick(message.attributes, names(input.MessageAttributeNames));
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(Object.keys(system).length > 0 ? { Attributes: system } : {}),
    ...(Object.keys(own).length > 0 ? { MessageAttributes: own } : {}),
  };
}

/** The members that are asked for by name; `All` and `.*` are all of them, `x.*` those that begin with `x.`. */
function pick<Value>(members: Readonly<Record<string, Value>>, wanted: readonly string[]): Record<string, Value> {
  const isWanted = (name: string) =>
    wanted.some((one) => one === "All" || (one.endsWith(".*") ? name.startsWith(one.slice(0, -2)) : one === name));
  return Object.fromEntries(Object.entries(members).filter(([name]) => isWanted(name)));
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function text(input: Record<string, unknown>, parameter: string): string {
  const value = input[parameter];
  if (typeof value === "string" && value !== "") return value;
  throw cloudError("MissingParameter", 400, `The request must contain the parameter ${parameter}.`);
}

function number(input: Record<string, unknown>, parameter: string, least: number, most: number): number | undefined {
  const value = input[parameter];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw cloudError(
    "InvalidParameterValue",
    400,
    `Value ${JSON.stringify(value)} for parameter ${parameter} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}
