import type { ChoiceRule, ChoiceState } from "./definition";
import { runtimeError, stateError } from "./errors";
import { lookUp, query, type Scope } from "./paths";

type Compare = (order: number) => boolean;

const orders: Readonly<Record<string, Compare>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

const timestampPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
const isTimestamp = (value: unknown): value is string =>
  typeof value === "string" && timestampPattern.test(value) && !Number.isNaN(Date.parse(value));

/** The type that a value must have for a comparison, and the comparison. */
const kinds: Readonly<Record<string, (value: unknown) => string | number | boolean | undefined>> = {
  String: (value) => (typeof value === "string" ? value : undefined),
  Numeric: (value) => (typeof value === "number" ? value : undefined),
  Boolean: (value) => (typeof value === "boolean" ? value : undefined),
  Timestamp: (value) => (isTimestamp(value) ? Date.parse(value) : undefined),
};

const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
  IsNull: (value) => value === null,
  IsPresent: (value) => value !== undefined,
  IsNumeric: (value) => typeof value === "number",
  IsString: (value) => typeof value === "string",
  IsBoolean: (value) => typeof value === "boolean",
  IsTimestamp: isTimestamp,
};

/**
 * The next state of a Choice.
 *
 * @throws States.NoChoiceMatched if no rule holds and there is no Default
 */
export function choose(state: ChoiceState, scope: Scope, name: string): string {
  const chosen = state.Choices.find((rule) => holds(rule, scope))?.Next ?? state.Default;
  if (chosen === undefined) {
    throw stateError("States.NoChoiceMatched", `No choice of the state '${name}' matched, and it has no Default`);
  }
  return chosen;
}

function holds(rule: ChoiceRule, scope: Scope): boolean {
  if ("And" in rule) return (rule["And"] as ChoiceRule[]).every((inner) => holds(inner, scope));
  if ("Or" in rule) return (rule["Or"] as ChoiceRule[]).some((inner) => holds(inner, scope));
  if ("Not" in rule) return !holds(rule["Not"] as ChoiceRule, scope);
  const variable = String(rule["Variable"]);
  const [operator, operand] =
    Object.entries(rule).find(([key]) => !["Variable", "Next", "Comment"].includes(key)) ?? [];
  if (operator === undefined) throw runtimeError(`A choice on '${variable}' has no comparison`);
  return compare(operator, lookUp(variable, scope), operand, scope, variable);
}

function compare(operator: string, value: unknown, operand: unknown, scope: Scope, variable: string): boolean {
  const test = tests[operator];
  // Only IsPresent may test a path that leads to nothing; every other test of it is false.
  if (test) return (operator === "IsPresent" ? test(value) : value !== undefined && test(value)) === operand;
  if (value === undefined) {
    throw runtimeError(`Invalid path '${variable}': The choice state's condition path references an invalid value.`);
  }
  const byPath = operator.endsWith("Path");
  const wanted = byPath ? query(String(operand), scope, operator) : operand;
  const plain = byPath ? operator.slice(0, -"Path".length) : operator;
  if (plain === "StringMatches") return typeof value === "string" && matches(value, String(wanted));
  const [, kind = "", order = ""] = /^(String|Numeric|Boolean|Timestamp)(\w+)$/.exec(plain) ?? [];
  const [key, decide] = [kinds[kind], orders[order]];
  if (!key || !decide) throw runtimeError(`There is no comparison '${operator}'`);
  const [left, right] = [key(value), key(wanted)];
  // A value of another type does not match; it is no error.
  if (left === undefined || right === undefined) return false;
  return decide(left === right ? 0 : left < right ? -1 : 1);
}

/** `*` matches any characters; `\*` and `\\` match themselves. */
function matches(value: string, pattern: string): boolean {
  const source = pattern.replace(/\\([*\\])|\*|[^*\\]+|\\/g, (part: string, escaped?: string) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return part === "*" ? "[^]*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "u").test(value);
}
