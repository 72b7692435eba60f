import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./settings";

/** An encrypted queue: under the caller's own key, or under the one that SQS manages. */
export function createQueue(
  part: string,
  { kmsKeyArn, tags }: Pick<Settings, "kmsKeyArn" | "tags">,
  args: aws.sqs.QueueArgs,
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  const encryption =
    kmsKeyArn === undefined
      ? { sqsManagedSseEnabled: true }
      : { kmsMasterKeyId: kmsKeyArn, kmsDataKeyReusePeriodSeconds: 3600 };
  return new aws.sqs.Queue(part, { ...args, ...encryption, tags }, opts);
}

/** A queue that keeps messages for SQS's longest time: to see the alarm, fix the fault and send them again. */
export function createDeadLetterQueue(
  part: string,
  settings: Pick<Settings, "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  return createQueue(part, settings, { messageRetentionSeconds: 14 * 86_400 }, opts);
}
