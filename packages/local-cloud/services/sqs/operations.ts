import type { JsonOperation } from "../../gateway/json-service";
import { cloudError, type CloudIdentity, type CloudRequest } from "../../gateway/service";
import { eachOf, readEntries } from "./batch";
import { checkBody, maxMessageBytes, names, number, receipt, text } from "./input";
import { pick, toMessage } from "./message";
import { startMove } from "./move";
import { md5, type MessageAttribute, type Queue, type Queues } from "./queue";

/** Every served operation, by its name. */
export function operationsOn(queues: Queues, identity: CloudIdentity): Readonly<Record<string, JsonOperation>> {
  /** An operation on the queue of `QueueUrl`. */
  function onQueue(
    operation: string,
    run: (queue: Queue, input: Record<string, unknown>, request: CloudRequest) => Promise<object> | object,
  ): JsonOperation {
    return (input, request) => {
      const queue = queues.find(text(input, "QueueUrl").split("/").at(-1) ?? "");
      request.authorize(`sqs:${operation}`, queue.declared.arn);
      return run(queue, input, request);
    };
  }

  const urlOf = ({ declared }: Queue, request: CloudRequest): string =>
    `${request.url.origin}/${identity.accountId}/${declared.name}`;

  return {
    SendMessage: onQueue("SendMessage", send),
    SendMessageBatch: onQueue("SendMessage", sendBatch),
    ReceiveMessage: onQueue("ReceiveMessage", receive),
    DeleteMessage: onQueue("DeleteMessage", remove),
    DeleteMessageBatch: onQueue("DeleteMessage", (queue, input) =>
      eachOf(readEntries(input), (entry) => remove(queue, entry)),
    ),
    ChangeMessageVisibility: onQueue("ChangeMessageVisibility", changeVisibility),
    PurgeQueue: onQueue("PurgeQueue", async (queue) => {
      await queue.purge();
      return {};
    }),
    GetQueueAttributes: onQueue("GetQueueAttributes", attributesOf),
    StartMessageMoveTask: (input, request) => startMove(queues, input, request),
    GetQueueUrl: (input, request) => {
      const queue = queues.find(text(input, "QueueName"));
      request.authorize("sqs:GetQueueUrl", queue.declared.arn);
      return { QueueUrl: urlOf(queue, request) };
    },
    ListQueues: (input, request) => {
      request.authorize("sqs:ListQueues", `arn:${identity.partition}:sqs:${identity.region}:${identity.accountId}:*`);
      const prefix = typeof input.QueueNamePrefix === "string" ? input.QueueNamePrefix : "";
      const after = typeof input.NextToken === "string" ? input.NextToken : "";
      const most = number(input, "MaxResults", 1, 1000);
      const listed = queues.names().filter((name) => name.startsWith(prefix) && name > after);
      const page = listed.slice(0, most ?? 1000);
      return {
        QueueUrls: page.map((name) => urlOf(queues.find(name), request)),
        // As on AWS, only callers who ask for pages get them.
        NextToken: most !== undefined && page.length < listed.length ? page.at(-1) : undefined,
      };
    },
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

function sendBatch(queue: Queue, input: Record<string, unknown>, request: CloudRequest): Promise<object> {
  const entries = readEntries(input);
  const size = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(String(MessageBody)), 0);
  if (size > maxMessageBytes) {
    throw cloudError(
      "BatchRequestTooLong",
      400,
      `Batch requests cannot be longer than ${maxMessageBytes} bytes. You have sent ${size} bytes.`,
    );
  }
  return eachOf(entries, (entry) => send(queue, entry, request));
}

async function receive(queue: Queue, input: Record<string, unknown>): Promise<object> {
  const received = await queue.receive(
    number(input, "MaxNumberOfMessages", 1, 10) ?? 1,
    number(input, "VisibilityTimeout", 0, 43_200),
    number(input, "WaitTimeSeconds", 0, 20),
  );
  return received.length === 0 ? {} : { Messages: received.map((message) => toMessage(message, input)) };
}

async function remove(queue: Queue, input: Record<string, unknown>): Promise<object> {
  await queue.delete(receipt(input));
  return {};
}

function changeVisibility(queue: Queue, input: Record<string, unknown>): object {
  const handle = receipt(input);
  const seconds = number(input, "VisibilityTimeout", 0, 43_200);
  if (seconds === undefined) {
    throw cloudError("MissingParameter", 400, "The request must contain the parameter VisibilityTimeout.");
  }
  if (!queue.changeVisibility(handle, seconds)) {
    throw cloudError("MessageNotInflight", 400, "The message referred to isn't in flight.");
  }
  return {};
}

function attributesOf(queue: Queue, input: Record<string, unknown>): object {
  const { visible, notVisible, delayed } = queue.counts();
  const { arn, visibilityTimeoutSeconds = 30, messageRetentionSeconds = 345_600, deadLetters } = queue.declared;
  const all: Record<string, string> = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(notVisible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(messageRetentionSeconds),
    ...(deadLetters && {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: deadLetters.maxReceives }),
    }),
  };
  return { Attributes: pick(all, names(input.AttributeNames)) };
}
