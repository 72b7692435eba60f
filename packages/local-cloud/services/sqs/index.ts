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
import { jsonService } from "../../gateway/json-service";
import { cloudError, type CloudIdentity, type CloudService } from "../../gateway/service";
import { members } from "./members";
import { operationsOn } from "./operations";
import { openQueue, type DeclaredQueue, type MessageAttribute, type Queue } from "./queue";

export type { DeclaredQueue } from "./queue";

export interface Sqs extends CloudService {
  /** Text attributes by name. @throws CloudError `QueueDoesNotExist` if there is no such queue */
  send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
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
    queues.set(declared.name, await openQueue(declared, join(folder, `${declared.name}.ndjson`), now));
  }

  function find(name: string): Queue {
    const queue = queues.get(name);
    if (!queue) throw cloudError("QueueDoesNotExist", 400, `The specified queue does not exist: ${name}`);
    return queue;
  }
  const byArn = (arn: string) => find(arn.split(":").at(-1) ?? "");

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
    counts: (queueArn) => byArn(queueArn).counts(),
  };
}
