import { matchesWildcards } from "../iam";

/** A fault. Times are milliseconds. */
export type Fault =
  | { readonly kind: "throttle"; readonly code?: string }
  | { readonly kind: "error"; readonly status: number; readonly code?: string }
  | { readonly kind: "missingObject"; readonly code?: string }
  | { readonly kind: "delay"; readonly milliseconds: Span }
  | { readonly kind: "dropAnswer" }
  | { readonly kind: "killFunction"; readonly when: "before" | "after" }
  | { readonly kind: "staleSearch"; readonly milliseconds: Span }
  | { readonly kind: "dropEvent" }
  | { readonly kind: "duplicateEvent"; readonly copies: number; readonly milliseconds: Span }
  | { readonly kind: "reorderEvents"; readonly milliseconds: Span };

/** A fixed time, or one drawn uniformly from a range. */
export type Span = readonly [least: number, most: number];

/** The calls that a rule takes, and their fault. */
export interface FaultRule {
  /** The rule's place in the script, from 0: it names the rule in the log. */
  readonly index: number;
  readonly name?: string;
  /** Patterns with `*` and `?`. */
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  /** Numbers of calls among those that the patterns match, from 1. */
  readonly calls?: readonly number[];
  /** Share of those calls from 0 to 1, drawn from the seed. */
  readonly probability?: number;
  /** Calls beyond this many per second. */
  readonly perSecond?: number;
  /** Maximum number of injections. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface FaultScript {
  readonly seed: number;
  readonly rules: readonly FaultRule[];
}

type Json = Record<string, unknown>;

/** A check of one member; returns the fault of the value, or nothing. */
type Check = (value: unknown) => string | undefined;

/** The services of the local cloud, as AWS's SDK calls them. */
const services = ["dynamodb", "events", "lambda", "rekognition", "s3", "ses", "sns", "sqs", "states"];

const isService: Check = (value) =>
  typeof value === "string" && services.some((service) => matchesWildcards(service, value))
    ? undefined
    : `one of ${services.join(", ")}, or a pattern of them such as "*"`;
const isText: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a non-empty string");
const isCount: Check = (value) => (Number.isInteger(value) && Number(value) >= 1 ? undefined : "a whole number from 1");
const isRate: Check = (value) => (typeof value === "number" && value > 0 ? undefined : "a number above 0");
const isShare: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? undefined : "a number from 0 to 1";
const isCalls: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((n) => !isCount(n))
    ? undefined
    : "a list of whole numbers from 1, such as [1, 3]";
const isServerStatus: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 500 && Number(value) <= 599 ? undefined : "a status from 500 to 599";
const isWhen: Check = (value) => (value === "before" || value === "after" ? undefined : '"before" or "after"');
const isTime = (value: unknown) => typeof value === "number" && value >= 0 && value <= 3_600_000;
const isSpan: Check = (value) =>
  isTime(value) || (Array.isArray(value) && value.length === 2 && value.every(isTime) && value[0] <= value[1])
    ? undefined
    : "milliseconds up to 3600000, as a number or as [least, most]";

const ruleMembers: Readonly<Record<string, Check>> = {
  name: isText,
  service: isService,
  operation: isText,
  caller: isText,
  calls: isCalls,
  probability: isShare,
  perSecond: isRate,
  times: isCount,
  fault: (value) => (isJson(value) ? undefined : 'an object such as {"kind": "throttle"}'),
};

/** The members of each kind beside `kind`; those in `required` must be present. */
const kinds: Readonly<
  Record<Fault["kind"], { members: Readonly<Record<string, Check>>; required: readonly string[] }>
> = {
  throttle: { members: { code: isText }, required: [] },
  error: { members: { status: isServerStatus, code: isText }, required: ["status"] },
  missingObject: { members: { code: isText }, required: [] },
  delay: { members: { milliseconds: isSpan }, required: ["milliseconds"] },
  dropAnswer: { members: {}, required: [] },
  killFunction: { members: { when: isWhen }, required: ["when"] },
  staleSearch: { members: { milliseconds: isSpan }, required: ["milliseconds"] },
  dropEvent: { members: {}, required: [] },
  duplicateEvent: { members: { copies: isCount, milliseconds: isSpan }, required: [] },
  reorderEvents: { members: { milliseconds: isSpan }, required: ["milliseconds"] },
};

/**
 * Checks a fault script.
 *
 * @param source the script, or its JSON text
 * @param where the file's name, or another name of the script for errors
 * @throws Error that names the value, the rule and the fix
 */
export function readFaultScript(source: unknown, where: string): FaultScript {
  const script = typeof source === "string" ? parse(source, where) : source;
  if (!isJson(script)) throw new Error(`${where} has to be an object: {"seed": 1, "rules": [...]}.`);
  refuseUnknown(script, ["seed", "rules"], where);
  const { seed = 1, rules } = script;
  if (!Number.isInteger(seed)) {
    throw new Error(`${where}: seed is ${JSON.stringify(seed)}; it has to be a whole number.`);
  }
  if (!Array.isArray(rules)) {
    throw new Error(`${where}: rules is ${JSON.stringify(rules)}; it has to be a list of rules.`);
  }
  return {
    seed: Number(seed),
    rules: rules.map((rule, index) => readRule(rule, index, `${where}, rule ${index + 1}`)),
  };
}

function readRule(rule: unknown, index: number, where: string): FaultRule {
  if (!isJson(rule)) throw new Error(`${where} is ${JSON.stringify(rule)}; it has to be an object.`);
  checkMembers(rule, ruleMembers, ["fault"], where);
  if (rule.service === undefined) {
    throw new Error(`${where} names no service. Say which, for example "rekognition", or "*" for every one.`);
  }
  const fault = readFault(rule.fault as Json, where);
  return { operation: "*", caller: "*", ...(rule as Partial<FaultRule> & Pick<FaultRule, "service">), index, fault };
}

function readFault(fault: Json, where: string): Fault {
  const kind = fault.kind as Fault["kind"];
  const shape = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!shape) {
    throw new Error(
      `${where}: fault kind ${JSON.stringify(kind)} is none of ${Object.keys(kinds).join(", ")}. Use one of these.`,
    );
  }
  checkMembers(fault, { kind: isText, ...shape.members }, shape.required, `${where}, fault ${kind}`);
  const withDefaults = kind === "duplicateEvent" ? { copies: 1, milliseconds: 0, ...fault } : fault;
  const { milliseconds } = withDefaults as { milliseconds?: number | Span };
  return {
    ...withDefaults,
    ...(milliseconds === undefined
      ? {}
      : { milliseconds: Array.isArray(milliseconds) ? milliseconds : [milliseconds, milliseconds] }),
  } as unknown as Fault;
}

function checkMembers(
  given: Json,
  members: Readonly<Record<string, Check>>,
  required: readonly string[],
  where: string,
): void {
  refuseUnknown(given, Object.keys(members), where);
  for (const [name, check] of Object.entries(members)) {
    if (given[name] === undefined && !required.includes(name)) continue;
    const rule = check(given[name]);
    if (rule) throw new Error(`${where}: ${name} is ${JSON.stringify(given[name])}; it has to be ${rule}.`);
  }
}

function refuseUnknown(given: Json, known: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(
      `${where} has "${unknown}", which has no meaning there. Known: ${known.join(", ") || "nothing more"}.`,
    );
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // It quotes the text, including its line breaks.
    const problem = (error as Error).message.replace(/\s+/g, " ");
    throw new Error(`${where} is no JSON: ${problem}. Correct it there.`, { cause: error });
  }
}
