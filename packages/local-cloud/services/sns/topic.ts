import { randomUUID } from "node:crypto";

import { readPattern, type Matches } from "../events";
import type { Mailbox, MailDraft } from "../mail";
import type { CloudIdentity } from "../../gateway/service";
import { filterableAttributes, parse, type CheckedPublication, type MessageAttribute } from "./message";

/** A topic as the program declares it, with its subscriptions. */
export interface DeclaredTopic {
  readonly arn: string;
  /** The sender's name in mails. */
  readonly displayName?: string | undefined;
  readonly subscriptions: readonly DeclaredSubscription[];
}

/** A subscription. A declared e-mail address counts as confirmed: on AWS its owner must follow a link first. */
export interface DeclaredSubscription {
  readonly arn: string;
  readonly protocol: "email" | "email-json" | "sqs" | "lambda";
  /** Address or ARN. */
  readonly endpoint: string;
  /** The policy, or its JSON text. */
  readonly filterPolicy?: unknown;
  readonly filterPolicyScope?: "MessageAttributes" | "MessageBody" | undefined;
  readonly rawMessageDelivery?: boolean | undefined;
}

/** The receivers of a topic's messages. Each resolves once the message is accepted; each checks its own permissions. */
export interface Destinations {
  readonly mailbox: Pick<Mailbox, "deliver">;
  sendToQueue?(
    queueArn: string,
    body: string,
    attributes: Readonly<Record<string, string>>,
    topicArn: string,
  ): Promise<unknown>;
  /** @param event the object that SNS invokes a function with */
  invokeFunction?(functionArn: string, event: object, topicArn: string): Promise<unknown>;
}

export interface Topic {
  readonly declared: DeclaredTopic;
  /** @returns the message's id */
  publish(publication: CheckedPublication): Promise<string>;
}

interface Subscription extends DeclaredSubscription {
  readonly matches: Matches | undefined;
}

interface Notification {
  readonly messageId: string;
  readonly timestamp: string;
  readonly publication: CheckedPublication;
  readonly text: string;
  readonly subscription: DeclaredSubscription;
}

/**
 * @param onError receives each subscriber that did not accept a message; the publisher is never notified, as on SNS
 * @throws Error naming the subscription, the value and the fix if its filter policy cannot be read
 */
export function openTopic(
  declared: DeclaredTopic,
  identity: CloudIdentity,
  destinations: Destinations,
  onError: (line: string) => void,
): Topic {
  const subscriptions: Subscription[] = declared.subscriptions.map((subscription) => ({
    ...subscription,
    matches:
      subscription.filterPolicy === undefined
        ? undefined
        : readPattern(subscription.filterPolicy, `The filter policy of ${subscription.arn}`),
  }));

  async function notify(notification: Notification): Promise<unknown> {
    const { subscription, publication, text } = notification;
    const { protocol, endpoint, rawMessageDelivery } = subscription;
    switch (protocol) {
      case "email":
      case "email-json":
        return destinations.mailbox.deliver(toMail(declared, notification, identity));
      case "sqs": {
        if (!destinations.sendToQueue) throw new Error("the local cloud has no queues");
        const attributes = Object.entries(publication.attributes).map(([name, { value }]) => [name, value] as const);
        return rawMessageDelivery
          ? destinations.sendToQueue(endpoint, text, Object.fromEntries(attributes), declared.arn)
          : destinations.sendToQueue(endpoint, toEnvelope(declared, notification, identity), {}, declared.arn);
      }
      case "lambda":
        if (!destinations.invokeFunction) throw new Error("the local cloud has no functions");
        return destinations.invokeFunction(endpoint, toFunctionEvent(declared, notification, identity), declared.arn);
    }
  }

  return {
    declared,
    async publish(publication) {
      const messageId = randomUUID();
      const timestamp = new Date().toISOString();
      for (const subscription of subscriptions) {
        if (!isWanted(subscription, publication)) continue;
        const text = publication.texts[subscription.protocol] ?? publication.texts.default;
        try {
          await notify({ messageId, timestamp, publication, text, subscription });
        } catch (error) {
          onError(
            `${declared.arn} could not reach ${subscription.protocol} ${subscription.endpoint}: ${(error as Error).message}`,
          );
        }
      }
      return messageId;
    },
  };
}

function isWanted({ matches, filterPolicyScope }: Subscription, { texts, attributes }: CheckedPublication): boolean {
  if (!matches) return true;
  return matches(filterPolicyScope === "MessageBody" ? parse(texts.default) : filterableAttributes(attributes));
}

/** The mail as SNS writes it: a fixed sender, the message as it is, and a note on how to unsubscribe. */
function toMail(topic: DeclaredTopic, notification: Notification, identity: CloudIdentity): MailDraft {
  const { subscription, publication, text } = notification;
  const name = (topic.displayName || "AWS Notifications").replace(/["\\]/g, "");
  const body = subscription.protocol === "email-json" ? toEnvelope(topic, notification, identity) : text;
  const footer = [
    "",
    "--",
    "If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:",
    unsubscribeUrl(subscription, identity),
    "",
    "Please do not reply directly to this email. If you have any questions or comments regarding this email, please " +
      "contact us at https://aws.amazon.com/support",
  ];
  return {
    from: `"${name}" <no-reply@sns.amazonaws.com>`,
    to: [subscription.endpoint],
    subject: publication.subject ?? "AWS Notification Message",
    text: subscription.protocol === "email-json" ? body : [body, ...footer, ""].join("\n"),
    origin: { service: "sns", topicArn: topic.arn },
  };
}

/** The JSON body for queues and `email-json`. */
function toEnvelope(topic: DeclaredTopic, notification: Notification, identity: CloudIdentity): string {
  const { messageId, timestamp, publication, text, subscription } = notification;
  const attributes = toTypeAndValue(publication.attributes);
  return JSON.stringify(
    {
      Type: "Notification",
      MessageId: messageId,
      TopicArn: topic.arn,
      Subject: publication.subject,
      Message: text,
      Timestamp: timestamp,
      UnsubscribeURL: unsubscribeUrl(subscription, identity),
      MessageAttributes: Object.keys(attributes).length > 0 ? attributes : undefined,
    },
    undefined,
    2,
  );
}

function toFunctionEvent(topic: DeclaredTopic, notification: Notification, identity: CloudIdentity): object {
  const { messageId, timestamp, publication, text, subscription } = notification;
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: "Notification",
          MessageId: messageId,
          TopicArn: topic.arn,
          Subject: publication.subject ?? null,
          Message: text,
          Timestamp: timestamp,
          UnsubscribeUrl: unsubscribeUrl(subscription, identity),
          MessageAttributes: toTypeAndValue(publication.attributes),
        },
      },
    ],
  };
}

function toTypeAndValue(attributes: Readonly<Record<string, MessageAttribute>>) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  );
}

function unsubscribeUrl({ arn, endpoint }: DeclaredSubscription, { region }: CloudIdentity): string {
  const query = new URLSearchParams({ SubscriptionArn: arn, Endpoint: endpoint });
  return `https://sns.${region}.amazonaws.com/unsubscribe.html?${query.toString()}`;
}
