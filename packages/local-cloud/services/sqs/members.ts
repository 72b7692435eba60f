import type { Members } from "../../gateway/members";

const message = { MessageBody: true, DelaySeconds: true, MessageAttributes: true } as const;

/** The input members of each operation of SQS. */
export const members: Readonly<Record<string, Members>> = {
  ChangeMessageVisibility: { QueueUrl: true, ReceiptHandle: true, VisibilityTimeout: true },
  DeleteMessage: { QueueUrl: true, ReceiptHandle: true },
  DeleteMessageBatch: { QueueUrl: true, Entries: [{ Id: true, ReceiptHandle: true }] },
  GetQueueAttributes: { QueueUrl: true, AttributeNames: true },
  GetQueueUrl: { QueueName: true },
  ListQueues: { QueueNamePrefix: true, MaxResults: true, NextToken: true },
  PurgeQueue: { QueueUrl: true },
  ReceiveMessage: {
    QueueUrl: true,
    AttributeNames: true,
    MaxNumberOfMessages: true,
    MessageAttributeNames: true,
    MessageSystemAttributeNames: true,
    VisibilityTimeout: true,
    WaitTimeSeconds: true,
  },
  SendMessage: { QueueUrl: true, ...message },
  StartMessageMoveTask: { SourceArn: true, DestinationArn: true },
  SendMessageBatch: { QueueUrl: true, Entries: [{ Id: true, ...message }] },
};
