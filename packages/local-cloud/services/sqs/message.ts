import { names } from "./input";
import { md5, type Received } from "./queue";

/** A received message as ReceiveMessage returns it, with the attributes that the request names. */
export function toMessage(message: Received, input: Record<string, unknown>): object {
  const system = pick(
    {
      SenderId: message.senderId,
      SentTimestamp: String(message.sentAt),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    [...names(input.AttributeNames), ...names(input.MessageSystemAttributeNames)],
  );
  const own = pick(message.attributes, names(input.MessageAttributeNames));
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(Object.keys(system).length > 0 ? { Attributes: system } : {}),
    ...(Object.keys(own).length > 0 ? { MessageAttributes: own } : {}),
  };
}

/** The members that are requested by name; `All` and `.*` are all of them, `x.*` those that begin with `x.`. */
export function pick<Value>(
  members: Readonly<Record<string, Value>>,
  wanted: readonly string[],
): Record<string, Value> {
  const isWanted = (name: string) =>
    wanted.some((one) => one === "All" || (one.endsWith(".*") ? name.startsWith(one.slice(0, -2)) : one === name));
  return Object.fromEntries(Object.entries(members).filter(([name]) => isWanted(name)));
}
