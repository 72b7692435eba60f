import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Place } from "../names";
import { subscribe } from "../notices/notice-topics";
import { document, tlsOnly } from "../policies";
import type { Settings } from "../settings";

/**
 * The topic of the alarms, with the operators' addresses.
 *
 * It has its own key if the caller provides none: CloudWatch cannot publish to a topic under the AWS-managed key for
 * SNS, whose policy cannot be changed.
 */
export function createOperatorTopic(
  name: string,
  args: {
    readonly settings: Pick<Settings, "operatorEmails" | "kmsKeyArn" | "tags">;
    /** The ARN of any resource of the stack, to read the account from. */
    readonly sibling: pulumi.Output<string>;
  },
  opts: pulumi.CustomResourceOptions,
): aws.sns.Topic {
  const part = `${name}-operators`;
  const { settings } = args;
  const where = args.sibling.apply(placeOf);
  const topic = new aws.sns.Topic(
    part,
    {
      displayName: "Avatar pipeline",
      kmsMasterKeyId: settings.kmsKeyArn ?? createKey(part, { settings, where }, opts).arn,
      tags: settings.tags,
    },
    opts,
  );
  new aws.sns.TopicPolicy(
    part,
    {
      arn: topic.arn,
      policy: document([
        {
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: { StringEquals: { "aws:SourceAccount": where.account } },
        },
        tlsOnly("sns:Publish", topic.arn),
      ]),
    },
    opts,
  );
  subscribe(part, topic, settings.operatorEmails, { ...opts, deletedWith: topic });
  return topic;
}

function createKey(
  part: string,
  { settings, where }: { readonly settings: Pick<Settings, "tags">; readonly where: pulumi.Output<Place> },
  opts: pulumi.CustomResourceOptions,
): aws.kms.Key {
  return new aws.kms.Key(
    part,
    {
      description: `Alarms on ${part}`,
      enableKeyRotation: true,
      // The shortest that KMS allows; alarms are not read again.
      deletionWindowInDays: 7,
      policy: document([
        {
          // Without this statement, the account's own policies could not allow anybody to manage the key.
          Effect: "Allow",
          Principal: { AWS: pulumi.interpolate`arn:${where.partition}:iam::${where.account}:root` },
          Action: "kms:*",
          Resource: "*",
        },
        {
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
          Resource: "*",
          Condition: { StringEquals: { "aws:SourceAccount": where.account } },
        },
      ]),
      tags: settings.tags,
    },
    opts,
  );
}
