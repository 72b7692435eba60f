import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { fingerprint } from "./names";
import type { Settings } from "./settings";

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
  const topic = (part: string, displayName: string, existing: pulumi.Input<string> | undefined) =>
    existing === undefined
      ? new aws.sns.Topic(
          `${name}-${part}`,
          // Messages name students.
          { displayName, kmsMasterKeyId: settings.kmsKeyArn ?? "alias/aws/sns", tags: settings.tags },
          opts,
        )
      : aws.sns.Topic.get(`${name}-${part}`, existing, undefined, opts);
  const success = topic("success", "Avatar accepted", settings.existing.successTopicArn);
  const failure = topic("failure", "Avatar not accepted", settings.existing.failureTopicArn);
  // Pulumi counts what goes with a topic that is only read as gone with it, and it would stay.
  const goesWith = (own: aws.sns.Topic, existing: unknown) => (existing === undefined ? { deletedWith: own } : {});
  const { successTopicArn, failureTopicArn } = settings.existing;
  subscribe(`${name}-success`, success, settings.successEmails, { ...opts, ...goesWith(success, successTopicArn) });
  subscribe(`${name}-failure`, failure, settings.failureEmails, { ...opts, ...goesWith(failure, failureTopicArn) });
  return { success, failure };
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
