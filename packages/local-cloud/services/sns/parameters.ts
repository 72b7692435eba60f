import { cloudError } from "../../gateway/service";

const attribute = ["Name", "Value.DataType", "Value.StringValue", "Value.BinaryValue"];

const message = [
  "Message",
  "MessageStructure",
  "Subject",
  ...attribute.map((part) => `MessageAttributes.entry.#.${part}`),
];

/** The parameters of each operation of SNS; `#` replaces a number. */
const knownParameters: Readonly<Record<string, readonly string[]>> = {
  GetTopicAttributes: ["TopicArn"],
  ListSubscriptions: [],
  ListSubscriptionsByTopic: ["TopicArn"],
  ListTopics: [],
  // Parameters of a phone number are refused with a text of their own.
  Publish: ["PhoneNumber", "TargetArn", "TopicArn", ...message],
  PublishBatch: ["TopicArn", ...["Id", ...message].map((part) => `PublishBatchRequestEntries.member.#.${part}`)],
};

/** @throws CloudError NotImplemented naming the first parameter that the operation does not read */
export function refuseUnknown(action: string, parameters: URLSearchParams): void {
  const known = ["Action", "Version", ...(knownParameters[action] ?? [])];
  for (const name of parameters.keys()) {
    if (known.includes(name.replace(/\.\d+(?=\.)/g, ".#"))) continue;
    // A presigned request carries its signature in the query.
    if (name.startsWith("X-Amz-")) continue;
    throw cloudError("NotImplemented", 501, `The local cloud's sns does not serve ${action} with ${name}.`);
  }
}
