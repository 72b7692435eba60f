import { cloudError } from "../../gateway/service";

const ATTRIBUTE = ["Name", "Value.DataType", "Value.StringValue", "Value.BinaryValue"];

const MESSAGE = [
  "Message",
  "MessageStructure",
  "Subject",
  ...ATTRIBUTE.map((part) => `MessageAttributes.entry.#.${part}`),
];

/** The parameters of each operation of SNS; `#` replaces a number. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  GetTopicAttributes: ["TopicArn"],
  ListSubscriptions: [],
  ListSubscriptionsByTopic: ["TopicArn"],
  ListTopics: [],
  // Parameters of a phone number are refused with a text of their own.
  Publish: ["PhoneNumber", "TargetArn", "TopicArn", ...MESSAGE],
  PublishBatch: ["TopicArn", ...["Id", ...MESSAGE].map((part) => `PublishBatchRequestEntries.member.#.${part}`)],
};

/** @throws CloudError NotImplemented naming the first parameter that the operation does not read */
export function refuseUnknown(action: string, parameters: URLSearchParams): void {
  const known = ["Action", "Version", ...(PARAMETERS[action] ?? [])];
  for (const name of parameters.keys()) {
    if (known.includes(name.replace(/\.\d+(?=\.)/g, ".#"))) continue;
    // A presigned request carries its signature in the query.
    if (name.startsWith("X-Amz-")) continue;
    throw cloudError("NotImplemented", 501, `The local cloud's sns does not serve ${action} with ${name}.`);
  }
}
