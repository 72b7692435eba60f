import { cloudError } from "../../gateway/service";
import { membersOf } from "./query";

/** A message attribute: a type such as `String`, `Number`, `String.Array`, `Binary`, and its value (binary as base64). */
export interface MessageAttribute {
  readonly type: string;
  readonly value: string;
}

/** A message to publish to a topic. */
export interface Publication {
  readonly subject?: string;
  readonly message: string;
  /** `json`: the message is an object with a text for each protocol, and `default`. */
  readonly structure?: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
}

/** A checked publication; `texts` has the message for protocols that differ from `default`. */
export interface CheckedPublication {
  readonly subject?: string;
  readonly texts: Readonly<Record<string, string>> & { readonly default: string };
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
}

/** In bytes. */
const maxMessageBytes = 262_144;

/**
 * Checks a publication by SNS's rules.
 *
 * @throws CloudError `InvalidParameter` (400) in SNS's words
 */
export function checkPublication({ subject, message, structure, attributes = {} }: Publication): CheckedPublication {
  if (message === "") throw invalid("Empty message");
  if (Buffer.byteLength(message) > maxMessageBytes) throw invalid("Message too long");
  if (subject !== undefined && !isSubject(subject)) throw invalid("Subject");
  for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute);
  return {
    ...(subject === undefined ? {} : { subject }),
    texts: structure === "json" ? readTexts(message) : { default: message },
    attributes,
  };
}

/** At least 1 and less than 100 characters, without line breaks and control characters. */
function isSubject(subject: string): boolean {
  const { length } = Array.from(subject);
  return length >= 1 && length < 100 && !/\p{Cc}/u.test(subject);
}

function checkAttribute(name: string, { type, value }: MessageAttribute): void {
  if (!/^[\w.-]{1,256}$/.test(name)) {
    throw cloudError("ParameterValueInvalid", 400, `The message attribute name '${name}' is invalid.`);
  }
  const isValid =
    type.startsWith("Binary") ||
    (type === "String.Array" && Array.isArray(parse(value))) ||
    (type.startsWith("Number") && value.trim() !== "" && !Number.isNaN(Number(value))) ||
    (type.startsWith("String") && type !== "String.Array" && value !== "");
  if (!isValid) {
    const text = `The value of message attribute '${name}' is not a valid ${type}: '${value.slice(0, 100)}'.`;
    throw cloudError("ParameterValueInvalid", 400, text);
  }
}

function readTexts(message: string): CheckedPublication["texts"] {
  const texts = parse(message);
  if (typeof texts !== "object" || texts === null || Array.isArray(texts)) {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const strings = Object.entries(texts).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const read = Object.fromEntries(strings);
  if (read.default === undefined) throw invalid("Message Structure - No default entry in JSON message body");
  return { ...read, default: read.default };
}

/** The `MessageAttributes` of a request, or of one entry of a batch. */
export function readAttributes(parameters: URLSearchParams, prefix: string): Record<string, MessageAttribute> {
  return Object.fromEntries(
    membersOf(parameters, prefix).map((member) => {
      const value = member.get("Value.StringValue") ?? member.get("Value.BinaryValue") ?? "";
      return [member.get("Name") ?? "", { type: member.get("Value.DataType") ?? "String", value }];
    }),
  );
}

/** The attributes as a filter policy sees them; binary ones are left out. */
export function filterableAttributes(attributes: Readonly<Record<string, MessageAttribute>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([, { type }]) => !type.startsWith("Binary"))
      .map(([name, { type, value }]) => [
        name,
        type === "String.Array" ? parse(value) : type.startsWith("Number") ? Number(value) : value,
      ]),
  );
}

/** The JSON value of a text; undefined if it is not JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(what: string) {
  return cloudError("InvalidParameter", 400, `Invalid parameter: ${what}`);
}
