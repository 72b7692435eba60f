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
  settings: Pick<Settings, "successEmails" | "failureEmails" | "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): NoticeTopics {
  const topic = (part: string, displayName: string, emails: Settings["successEmails"]) => {
    const created = new aws.sns.Topic(
      `${name}-${part}`,
      // Messages name students.
      { displayName, kmsMasterKeyId: settings.kmsKeyArn ?? "alias/aws/sns", tags: settings.tags },
      opts,
    );
    subscribe(`${name}-${part}`, created, emails, opts);
    return created;
  };
  return {
    success: topic("success", "Avatar accepted", settings.successEmails),
    failure: topic("failure", "Avatar not accepted", settings.failureEmails),
  };
}

/** Subscribes e-mail addresses to a topic; AWS asks each to confirm. */
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
