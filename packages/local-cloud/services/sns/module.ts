import { mail } from "../mail/module";
import type { LocalService, ServiceOptions } from "../module";
import {
  readEncryptedTopics,
  readTopicPolicies,
  readTopics,
  subscriptionType,
  topicType,
  topicPolicyType,
  type NamedTopic,
} from "./graph";
import { createSns, type DeclaredTopic, type Sns } from "./index";

export const sns: LocalService<readonly NamedTopic[], Sns> = {
  name: "sns",
  serves: [topicType, topicPolicyType, subscriptionType],
  policies: readTopicPolicies,
  encrypted: readEncryptedTopics,
  declared: readTopics,
  open({ identity, options, warn, part, handOver }, topics) {
    const send = (arn: string, body: string, sourceArn: string, attributes: Readonly<Record<string, string>> = {}) =>
      // As on AWS: the topic is done when the subscriber has accepted the message.
      handOver({ arn, body, attributes, sender: "sns.amazonaws.com", sourceArn, untilEnded: false });
    const service = createSns({
      identity,
      topics: topics.map((topic) => withFallback(topic, options.fallbackEmail)),
      mailbox: part(mail),
      onError: warn,
      sendToQueue: (queueArn, body, attributes, topicArn) => send(queueArn, body, topicArn, attributes),
      invokeFunction: (functionArn, event, topicArn) => send(functionArn, JSON.stringify(event), topicArn),
    });
    return { part: service, wire: service };
  },
  async take(topics, { arn, body, sender, sourceArn }, authorizer) {
    authorizer.authorizeService(sender, "sns:Publish", arn, { "aws:SourceArn": sourceArn });
    await topics.publish(arn, { message: body });
  },
};

/** Messages of a topic without subscribers are mailed to somebody all the same, so that they are seen. */
function withFallback(topic: NamedTopic, fallbackEmail: ServiceOptions["fallbackEmail"]): DeclaredTopic {
  if (topic.subscriptions.length > 0 || !fallbackEmail) return topic;
  const endpoint = fallbackEmail(topic.name);
  return { ...topic, subscriptions: [{ arn: `${topic.arn}:nobody-else`, protocol: "email", endpoint }] };
}
