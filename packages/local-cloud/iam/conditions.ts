import { BlockList, isIP } from "node:net";

import { compilePattern, matchesPattern, type Variables } from "./pattern";

/** One `"Operator": {"key": value}` of a policy, checked and parsed. */
export interface Condition {
  /** As written, for messages. */
  readonly operator: string;
  readonly test: Test;
  /** `ForAllValues` and `ForAnyValue` compare sets; `single` is the plain form. */
  readonly over: "single" | "all" | "any";
  /** `…IfExists`: a missing key passes. */
  readonly ifExists: boolean;
  /** Lower case: condition keys are case-insensitive. */
  readonly key: string;
  readonly values: readonly string[];
}

type Compare = (actual: string, wanted: string, variables: Variables | undefined) => boolean;

/** How an operator compares one value; `negated` operators pass when no value compares. */
interface Test {
  readonly compare: Compare;
  readonly negated: boolean;
}

const literal: Compare = (actual, wanted, variables) => actual === (variables ? textOf(wanted, variables) : wanted);
const ignoringCase: Compare = (actual, wanted, variables) =>
  actual.toLowerCase() === (variables ? textOf(wanted, variables) : wanted)?.toLowerCase();
const like: Compare = (actual, wanted, variables) => {
  const pattern = compilePattern(wanted, variables);
  return pattern !== undefined && matchesPattern(actual, pattern);
};
/** The six parts of an ARN are compared one by one, so that a `*` does not run over a colon. */
const arnLike: Compare = (actual, wanted, variables) => {
  const [actualParts, wantedParts] = [arnParts(actual), arnParts(wanted)];
  if (!actualParts || !wantedParts) return like(actual, wanted, variables);
  return wantedParts.every((part, i) => like(actualParts[i] ?? "", part, variables));
};
const bool: Compare = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const binary: Compare = (actual, wanted) => actual === wanted;
const ipAddress: Compare = (actual, wanted) => {
  const [network = "", bits] = wanted.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  if (!isIP(network) || isIP(actual) !== isIP(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  return list.check(actual, family);
};
const numeric = (holds: (actual: number, wanted: number) => boolean): Compare => {
  return (actual, wanted) => isNumber(actual) && isNumber(wanted) && holds(Number(actual), Number(wanted));
};
const date = (holds: (actual: number, wanted: number) => boolean): Compare => {
  return (actual, wanted) => holds(dateOf(actual), dateOf(wanted));
};

const comparisons = {
  Equals: (a: number, b: number) => a === b,
  LessThan: (a: number, b: number) => a < b,
  LessThanEquals: (a: number, b: number) => a <= b,
  GreaterThan: (a: number, b: number) => a > b,
  GreaterThanEquals: (a: number, b: number) => a >= b,
};

const tests = new Map<string, Test>(
  Object.entries<Compare>({
    StringEquals: literal,
    StringEqualsIgnoreCase: ignoringCase,
    StringLike: like,
    ArnEquals: arnLike,
    ArnLike: arnLike,
    Bool: bool,
    BinaryEquals: binary,
    IpAddress: ipAddress,
    ...Object.fromEntries(Object.entries(comparisons).map(([name, holds]) => [`Numeric${name}`, numeric(holds)])),
    ...Object.fromEntries(Object.entries(comparisons).map(([name, holds]) => [`Date${name}`, date(holds)])),
  }).map(([name, compare]) => [name.toLowerCase(), { compare, negated: false }]),
);
for (const [positive, negative] of [
  ["StringEquals", "StringNotEquals"],
  ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
  ["StringLike", "StringNotLike"],
  ["ArnEquals", "ArnNotEquals"],
  ["ArnLike", "ArnNotLike"],
  ["IpAddress", "NotIpAddress"],
  ["NumericEquals", "NumericNotEquals"],
  ["DateEquals", "DateNotEquals"],
] as const) {
  const test = tests.get(positive.toLowerCase());
  if (test) tests.set(negative.toLowerCase(), { ...test, negated: true });
}
/** `Null` has no value to compare: {@link conditionHolds} asks whether the key is there. */
const nullTest: Test = { compare: () => false, negated: false };
tests.set("null", nullTest);

/**
 * Checks and parses one condition.
 *
 * @throws Error that names the operator, the rule and the fix
 */
export function readCondition(operator: string, key: string, values: readonly string[], where: string): Condition {
  const [, set, name = "", ifExists] = /^(ForAllValues:|ForAnyValue:)?(.*?)(IfExists)?$/i.exec(operator) ?? [];
  const test = tests.get(name.toLowerCase());
  if (!test || (ifExists && test === nullTest)) {
    throw new Error(
      `${where}: condition operator "${operator}" is none of IAM's. Use one such as StringEquals, StringLike, ArnLike, ` +
        `Bool, NumericLessThan, DateGreaterThan, IpAddress or Null, with IfExists, ForAllValues: or ForAnyValue: if wanted.`,
    );
  }
  const over = set === undefined ? "single" : set.toLowerCase() === "forallvalues:" ? "all" : "any";
  return { operator, test, over, ifExists: ifExists !== undefined, key: key.toLowerCase(), values };
}

/**
 * True when the condition holds for the request's context.
 *
 * @param variables the context again, or undefined if the policy's version does not support variables
 */
export function conditionHolds(condition: Condition, context: Variables, variables: Variables | undefined): boolean {
  const { test, over, values } = condition;
  const actual = context.get(condition.key) ?? [];
  if (test === nullTest) return values.some((wanted) => (wanted.toLowerCase() === "true") === (actual.length === 0));
  if (actual.length === 0) return condition.ifExists || over === "all" || (over === "single" && test.negated);
  const passes = (value: string) => values.some((wanted) => test.compare(value, wanted, variables)) !== test.negated;
  if (over === "all") return actual.every(passes);
  if (over === "any") return actual.some(passes);
  return test.negated ? actual.every(passes) : actual.some(passes);
}

/** The text with its variables filled in; undefined when one has no value. Wildcards stay text. */
function textOf(text: string, variables: Variables): string | undefined {
  return compilePattern(text, variables)
    ?.map((part) => (typeof part === "string" ? part : part.text))
    .join("");
}

function arnParts(arn: string): string[] | undefined {
  const parts = arn.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && !Number.isNaN(Number(text));
}

/** Milliseconds since 1970 of an ISO 8601 date or of epoch seconds. */
function dateOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
