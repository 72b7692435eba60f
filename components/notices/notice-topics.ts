import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { fingerprint, placeOf } from "../names";
import { document, tlsOnly } from "../policies";
import type { Settings } from "../settings";

export interface NoticeTopics {
  /** Receives one message for each accepted photo. */
  readonly success: aws.sns.Topic;
  /** Receives one message for each photo that was refused or could not be processed. */
  readonly failure: aws.sns.Topic;
}

export interface NoticeTopicsArgs {
  readonly settings: Pick<Settings, "existing" | "successEmails" | "failureEmails" | "kmsKeyArn" | "tags">;
  /** The ARN of a resource of the pipeline's own account and region. */
  readonly sibling: pulumi.Input<string>;
}

/** The topics on which the pipeline publishes each photo's outcome, with their e-mail subscribers. */
export function createNoticeTopics(
  name: string,
  { settings, sibling }: NoticeTopicsArgs,
  opts: pulumi.CustomResourceOptions,
): NoticeTopics {
  const notice = (
    part: string,
    displayName: string,
    existing: pulumi.Input<string> | undefined,
    emails: readonly pulumi.Input<string>[],
  ): aws.sns.Topic => {
    const topicName = `${name}-${part}`;
    if (existing !== undefined) {
      const nearby = pulumi.all([existing, sibling]).apply(([arn, own]) => nearbyTopic(part, arn, own, opts.parent));
      const topic = aws.sns.Topic.get(topicName, nearby, undefined, opts);
      // No `deletedWith`: the topic is only read, so Pulumi would treat its subscriptions as deleted with it and leave
      // them in AWS.
      subscribe(topicName, topic, emails, opts);
      return topic;
    }
    // Messages name students.
    const kmsMasterKeyId = settings.kmsKeyArn ?? "alias/aws/sns";
    const topic = new aws.sns.Topic(topicName, { displayName, kmsMasterKeyId, tags: settings.tags }, opts);
    // This replaces AWS's default topic policy, which allows the whole account to publish: the roles' own policies
    // grant publishing.
    const policy = document([tlsOnly("sns:Publish", topic.arn)]);
    new aws.sns.TopicPolicy(topicName, { arn: topic.arn, policy }, opts);
    subscribe(topicName, topic, emails, { ...opts, deletedWith: topic });
    return topic;
  };
  const { existing, successEmails, failureEmails } = settings;
  return {
    success: notice("success", "Avatar accepted", existing.successTopicArn, successEmails),
    failure: notice("failure", "Avatar not accepted", existing.failureTopicArn, failureEmails),
  };
}

/**
 * Refuses a topic of another account or region: the SDK publishes in the function's own region, and a topic of another
 * account would need a policy that this program cannot read.
 */
export function nearbyTopic(part: string, topic: string, sibling: string, owner: pulumi.Resource | undefined): string {
  const [at, own] = [placeOf(topic), placeOf(sibling)];
  if (at.region === own.region && at.account === own.account) return topic;
  throw new pulumi.ResourceError(
    `existing.${part}TopicArn is ${JSON.stringify(topic)}, but must be a topic of this account and region ` +
      `(${own.account}, ${own.region}); make one there, and forward its messages.`,
    owner,
    true,
  );
}

/**
 * Subscribes e-mail addresses to a topic; AWS asks each to confirm. AWS refuses to delete an unconfirmed subscription,
 * but deletes it with its topic; `opts` may therefore set `deletedWith`.
 */
export function subscribe(
  part: string,
  topic: aws.sns.Topic,
  emails: readonly pulumi.Input<string>[],
  opts: pulumi.CustomResourceOptions,
): void {
  emails.forEach((endpoint, index) => {
    // Named by the address: with the list position as name, removing one address would make all later ones confirm
    // again.
    const which = typeof endpoint === "string" ? fingerprint(endpoint) : String(index + 1);
    new aws.sns.TopicSubscription(`${part}-${which}`, { topic: topic.arn, protocol: "email", endpoint }, opts);
  });
}
