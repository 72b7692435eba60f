/**
 * SQS, limited to the operations that queues between services, dead-letter queues and their readers need.
 *
 *   startSqs({ folder, identity, queues, now? }): Promise<Sqs>
 *     a CloudService (`sqs`), and
 *     .send(queueArn, body, attributes?): Promise<string>    for local services that send to a queue: returns the
 *                                                            message's id; the caller has authorized the service
 *     .queue(queueArn): Queue                                for local services that read from a queue
 *     .counts(queueArn): { visible, notVisible, delayed }    for alarms on a queue's length
 *
 * Serves SendMessage, ReceiveMessage (with long polling), DeleteMessage, ChangeMessageVisibility, the batches of
 * sending and deleting, GetQueueAttributes, GetQueueUrl, ListQueues, PurgeQueue and StartMessageMoveTask on the JSON
 * protocol, each authorized as `sqs:<Operation>` on the queue's ARN (a batch as its single operation). Standard queues
 * only; a redrive policy moves a message that was received too often to its dead-letter queue.
 * Messages are kept in the folder; a message that was received and not deleted is visible again after a restart, and
 * has its receive count.
 */
import { join } from "node:path";
import { jsonService } from "../../gateway/json-service";
import { cloudError, type CloudIdentity, type CloudService } from "../../gateway/service";
import { members } from "./members";
import { operationsOn } from "./operations";
import { openQueue, type DeclaredQueue, type Message, type MessageAttribute, type Queue } from "./queue";

export type { DeclaredQueue, Queue, Received } from "./queue";

export interface Sqs extends CloudService {
  /** Text attributes by name. @throws CloudError `QueueDoesNotExist` if there is no such queue */
  send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
  /** @throws CloudError `QueueDoesNotExist` if there is no such queue */
  queue(queueArn: string): Queue;
  counts(queueArn: string): ReturnType<Queue["counts"]>;
}

export async function startSqs(options: {
  folder: string;
  identity: CloudIdentity;
  queues: readonly DeclaredQueue[];
  now?: () => number;
}): Promise<Sqs> {
  const { folder, identity, now = Date.now } = options;
  const queues = new Map<string, Queue>();
  for (const declared of options.queues) {
    const { name, deadLetters } = declared;
    const bury = deadLetters && ((message: Message) => byArn(deadLetters.arn).accept(message));
    queues.set(name, await openQueue(declared, join(folder, `${name}.ndjson`), now, bury));
  }

  function find(name: string): Queue {
    const queue = queues.get(name);
    if (!queue) throw cloudError("QueueDoesNotExist", 400, `The specified queue does not exist: ${name}`);
    return queue;
  }
  function byArn(arn: string): Queue {
    return find(arn.split(":").at(-1) ?? "");
  }

  const service = jsonService({
    name: "sqs",
    targetPrefix: "AmazonSQS",
    version: "1.0",
    errorPrefix: "com.amazonaws.sqs#",
    members,
    operations: operationsOn({ names: () => [...queues.keys()].sort(), find }, identity),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  });

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
    queue: byArn,
    counts: (queueArn) => byArn(queueArn).counts(),
  };
}
