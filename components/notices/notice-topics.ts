import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { fingerprint } from "../names";
import { document, tlsOnly } from "../policies";
import type { Settings } from "../settings";

export interface NoticeTopics {
  /** Gets one message for each accepted photo. */
  readonly success: aws.sns.Topic;
  /** Gets one message for each photo that was refused or could not be processed. */
  readonly failure: aws.sns.Topic;
}

/** The topics on which the pipeline tells what became of each photo, with their e-mail subscribers. */
export function createNoticeTopics(
  name: string,
  settings: Pick<Settings, "existing" | "successEmails" | "failureEmails" | "kmsKeyArn" | "tags">,
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
      const topic = aws.sns.Topic.get(topicName, existing, undefined, opts);
      // Not deletedWith: Pulumi counts what goes with a topic that is only read as gone with it, and it would stay.
      subscribe(topicName, topic, emails, opts);
      return topic;
    }
    // Messages name students.
    const kmsMasterKeyId = settings.kmsKeyArn ?? "alias/aws/sns";
    const topic = new aws.sns.Topic(topicName, { displayName, kmsMasterKeyId, tags: settings.tags }, opts);
    // It takes the place of the policy that AWS gives a topic, which allows the whole account to publish: the roles' own
    // policies say who may.
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
 * Subscribes e-mail addresses to a topic; AWS asks each to confirm. It refuses to delete a subscription that nobody has
 * confirmed yet; with its topic it goes all the same, where `opts` have it go with the topic.
 */
export function subscribe(
  part: string,
  topic: aws.sns.Topic,
  emails: readonly pulumi.Input<string>[],
  opts: pulumi.CustomResourceOptions,
): void {
  emails.forEach((endpoint, index) => {
    // Named by the address: were it the place in the list, removing one address would make all after it confirm anew.
    const which = typeof endpoint === "string" ? fingerprint(endpoint) : String(index + 1);
    new aws.sns.TopicSubscription(`${part}-${which}`, { topic: topic.arn, protocol: "email", endpoint }, opts);
  });
}
