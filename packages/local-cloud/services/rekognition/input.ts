import { cloudError, type CloudError } from "../../gateway/service";

/** A request's JSON body; every member comes from the caller, so each is checked before it is used. */
export type Input = Readonly<Record<string, unknown>>;

/** A fault of a request by the service's own rules. */
export function invalidParameter(detail: string): CloudError {
  return cloudError("InvalidParameterException", 400, `Request has invalid parameters: ${detail}`);
}

/** A fault of a request by the API's model alone, in AWS's words; `member` is the path in lower camel case. */
export function violation(value: unknown, member: string, constraint: string): CloudError {
  const shown = typeof value === "string" || typeof value === "number" ? String(value) : typeof value;
  return cloudError(
    "ValidationException",
    400,
    `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  );
}

/** A string that matches a whole-string pattern (`^…$`) and length, or undefined if it was not sent. */
export function optionalText(
  input: Input,
  name: string,
  pattern: RegExp,
  longest: number,
  member = lowerFirst(name),
): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw serialization(name, "a string");
  if (value.length < 1) throw violation(value, member, "have length greater than or equal to 1");
  if (value.length > longest) throw violation(value, member, `have length less than or equal to ${longest}`);
  if (!pattern.test(value)) {
    throw violation(value, member, `satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`);
  }
  return value;
}

export function requiredText(
  input: Input,
  name: string,
  pattern: RegExp,
  longest: number,
  member = lowerFirst(name),
): string {
  const value = optionalText(input, name, pattern, longest, member);
  if (value === undefined) throw violation(null, member, "not be null");
  return value;
}

/** A number from `least` to `most`, or `fallback` if it was not sent. */
export function numberOr(
  input: Input,
  name: string,
  fallback: number,
  least: number,
  most: number,
  whole: boolean,
): number {
  const value = input[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value !== "number" || (whole && !Number.isInteger(value))) {
    throw serialization(name, whole ? "a whole number" : "a number");
  }
  if (value < least) throw violation(value, lowerFirst(name), `have value greater than or equal to ${least}`);
  if (value > most) throw violation(value, lowerFirst(name), `have value less than or equal to ${most}`);
  return value;
}

/** Each of a list of strings is one of the allowed; empty when none was sent. */
export function chosenOf<T extends string>(input: Input, name: string, allowed: readonly T[]): readonly T[] {
  return textsOf(input, name).map((value) => {
    const choice = allowed.find((one) => one === value);
    if (choice === undefined) {
      throw violation(value, lowerFirst(name), `satisfy enum value set: [${allowed.join(", ")}]`);
    }
    return choice;
  });
}

export function textsOf(input: Input, name: string): readonly string[] {
  const value = input[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw serialization(name, "a list of strings");
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw serialization(name, "a list of strings");
    return item;
  });
}

export function objectOf(input: Input, name: string): Input | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw serialization(name, "an object");
  return value as Input;
}

function serialization(name: string, expected: string): CloudError {
  return cloudError("SerializationException", 400, `${name} must be ${expected}.`);
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
