/**
 * SQS, limited to the operations that a dead-letter queue and its readers need.
 *
 *   startSqs({ folder, identity, queues, now? }): Promise<Sqs>
 *     a CloudService (`sqs`), and
 *     .send(queueArn, body, attributes?): Promise<string>    for local services that send to a queue: returns the
 *                                                            message's id; the caller has authorized the service
 *     .counts(queueArn): { visible, notVisible, delayed }    for alarms on a queue's length
 *
 * Serves SendMessage, ReceiveMessage (with long polling), DeleteMessage, ChangeMessageVisibility, the batches of
 * sending and deleting, GetQueueAttributes, GetQueueUrl, ListQueues and PurgeQueue on the JSON protocol, each
 * authorized as `sqs:<Operation>` on the queue's ARN (a batch as its single operation). Standard queues only.
 * Messages are kept in the folder; a message that was received and not deleted is visible again after a restart.
 */
import { join } from "node:path";

import { jsonService, type JsonOperation } from "../../gateway/json-service";
import {
  cloudError,
  isCloudError,
  type CloudIdentity,
  type CloudRequest,
  type CloudService,
} from "../../gateway/service";
import { members } from "./members";
import { md5, openQueue, type DeclaredQueue, type MessageAttribute, type Queue, type Received } from "./queue";

export type { DeclaredQueue } from "./queue";

export interface Sqs extends CloudService {
  /** Text attributes by name. @throws CloudError `QueueDoesNotExist` if there is no such queue */
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

  const urlOf = ({ declared }: Queue, request: CloudRequest): string =>
    `${request.url.origin}/${identity.accountId}/${declared.name}`;

  const service = jsonService({
    name: "sqs",
    targetPrefix: "AmazonSQS",
    version: "1.0",
    errorPrefix: "com.amazonaws.sqs#",
    members,
    operations: {
      SendMessage: onQueue("SendMessage", (queue, input, request) => send(queue, input, request)),
      SendMessageBatch: onQueue("SendMessage", (queue, input, request) => {
        const entries = readEntries(input);
        const size = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(String(MessageBody)), 0);
        if (size > MAX_MESSAGE_BYTES) {
          throw cloudError(
            "BatchRequestTooLong",
            400,
            `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${size} bytes.`,
          );
        }
        return eachOf(entries, (entry) => send(queue, entry, request));
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
        await queue.delete(receipt(input));
        return {};
      }),
      DeleteMessageBatch: onQueue("DeleteMessage", (queue, input) =>
        eachOf(readEntries(input), async (entry) => {
          await queue.delete(receipt(entry));
          return {};
        }),
      ),
      ChangeMessageVisibility: onQueue("ChangeMessageVisibility", (queue, input) => {
        const handle = receipt(input);
        const seconds = number(input, "VisibilityTimeout", 0, 43_200);
        if (seconds === undefined) {
          throw cloudError("MissingParameter", 400, "The request must contain the parameter VisibilityTimeout.");
        }
        if (!queue.changeVisibility(handle, seconds)) {
          throw cloudError("MessageNotInflight", 400, "The message referred to isn't in flight.");
        }
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
        return { QueueUrl: urlOf(queue, request) };
      },
      ListQueues: (input, request) => {
        request.authorize("sqs:ListQueues", `arn:${identity.partition}:sqs:${identity.region}:${identity.accountId}:*`);
        const prefix = typeof input.QueueNamePrefix === "string" ? input.QueueNamePrefix : "";
        const after = typeof input.NextToken === "string" ? input.NextToken : "";
        const most = number(input, "MaxResults", 1, 1000);
        const listed = [...queues.keys()].sort().filter((name) => name.startsWith(prefix) && name > after);
        const page = listed.slice(0, most ?? 1000);
        return {
          QueueUrls: page.map((name) => urlOf(find(name), request)),
          // As on AWS, only callers who ask for pages get them.
          NextToken: most !== undefined && page.length < listed.length ? page.at(-1) : undefined,
        };
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

async function send(queue: Queue, input: Record<string, unknown>, request: CloudRequest): Promise<object> {
  const body = text(input, "MessageBody");
  checkBody(body);
  const attributes = (input.MessageAttributes ?? {}) as Record<string, MessageAttribute>;
  const delaySeconds = number(input, "DelaySeconds", 0, 900) ?? 0;
  const { id } = await queue.send({ body, attributes, senderId: request.caller.arn, delaySeconds });
  return { MessageId: id, MD5OfMessageBody: md5(body) };
}

/** @throws CloudError InvalidParameterValue, InvalidMessageContents */
function checkBody(body: string): void {
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    throw cloudError(
      "InvalidParameterValue",
      400,
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
    );
  }
  const foreign = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(body)?.[0];
  if (foreign === undefined) return;
  throw cloudError(
    "InvalidMessageContents",
    400,
    `Invalid binary character '#x${(foreign.codePointAt(0) ?? 0).toString(16).toUpperCase()}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | [#x10000 to #x10FFFF]`,
  );
}

/** A receipt in the form that ReceiveMessage issues; its message may be gone by now. */
function receipt(input: Record<string, unknown>): string {
  const handle = text(input, "ReceiptHandle");
  if (/^[0-9a-f-]{36}#[0-9a-f-]{36}$/.test(handle)) return handle;
  throw cloudError(
    "ReceiptHandleIsInvalid",
    404,
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  );
}

type BatchEntry = Readonly<Record<string, unknown>> & { readonly Id: string };

const MAX_ENTRIES = 10;

/** @throws CloudError EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct */
function readEntries(input: Record<string, unknown>): readonly BatchEntry[] {
  const entries = (Array.isArray(input.Entries) ? input.Entries : []) as BatchEntry[];
  if (entries.length === 0) {
    throw cloudError("EmptyBatchRequest", 400, "There should be at least one entry in the request.");
  }
  if (entries.length > MAX_ENTRIES) {
    throw cloudError(
      "TooManyEntriesInBatchRequest",
      400,
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const ids = entries.map(({ Id }) => Id);
  if (!ids.every((id) => typeof id === "string" && /^[\w-]{1,80}$/.test(id))) {
    throw cloudError(
      "InvalidBatchEntryId",
      400,
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    );
  }
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) throw cloudError("BatchEntryIdsNotDistinct", 400, `Id ${twice} repeated.`);
  return entries;
}

/** Processes each entry of a batch. A refused one does not hold up the others. */
async function eachOf(
  entries: readonly BatchEntry[],
  run: (entry: BatchEntry) => Promise<object>,
): Promise<{ Successful: object[]; Failed: object[] }> {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...(await run(entry)) });
    } catch (error) {
      if (!isCloudError(error)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
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

/** The members that are requested by name; `All` and `.*` are all of them, `x.*` those that begin with `x.`. */
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
