import { BlockList, isIP } from "node:net";

import { matchesPattern, type PatternPart } from "../../iam/pattern";

/** True if the value matches the pattern. */
export type Matches = (value: unknown) => boolean;

/**
 * Reads an EventBridge event pattern, or an SNS filter policy, which is written the same way
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html): exact values, `prefix`, `suffix`,
 * `anything-but`, `numeric`, `exists`, `equals-ignore-case`, `wildcard`, `cidr`, `$or`, nested fields. An event's list
 * matches if one of its elements does. A pattern that EventBridge refuses is refused here as well.
 *
 * @param source the pattern, or its JSON text
 * @param where the pattern's name in errors
 * @throws Error that names the place in the pattern, the value, the rule and the fix
 */
export function readPattern(source: unknown, where: string): Matches {
  const pattern = typeof source === "string" ? parse(source, where) : source;
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw new Error(`${where} is ${JSON.stringify(pattern)}; it has to be an object such as {"source": ["aws.s3"]}.`);
  }
  return readObject(pattern, where);
}

function readObject(pattern: Readonly<Record<string, unknown>>, where: string): Matches {
  const fields = Object.entries(pattern).map(([field, wanted]): ((value: Record<string, unknown>) => boolean) => {
    const at = `${where}.${field}`;
    if (field === "$or" && Array.isArray(wanted) && wanted.length >= 2 && wanted.every(isObject)) {
      const alternatives = wanted.map((alternative, i) => readAlternative(alternative, `${at}[${i}]`));
      return (value) => alternatives.some((matches) => matches(value));
    }
    if (Array.isArray(wanted)) {
      const matches = readLeaf(wanted as unknown[], at);
      return (value) => matches(value[field]);
    }
    if (!isObject(wanted) || Object.keys(wanted).length === 0) {
      throw new Error(
        `${at} is ${JSON.stringify(wanted)}; it has to be a list of values, or an object of nested fields.`,
      );
    }
    const nested = readObject(wanted, at);
    return (value) => nested(value[field]);
  });
  const matchesObject = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(matchesObject);
    // A missing field counts as an empty object: a nested {"exists": false} matches it.
    return fields.every((field) => field(isObject(value) ? value : {}));
  };
  return matchesObject;
}

function readAlternative(pattern: Readonly<Record<string, unknown>>, where: string): Matches {
  if (Object.keys(pattern).length > 0) return readObject(pattern, where);
  throw new Error(`${where} is an empty object, which would match everything. Name a field.`);
}

/** A list of matchers, one of which must match the value. */
function readLeaf(wanted: readonly unknown[], where: string): Matches {
  if (wanted.length === 0) throw new Error(`${where} is an empty list, which would match nothing. Name a value.`);
  const matchers = wanted.map((matcher, i) => readMatcher(matcher, `${where}[${i}]`));
  return (value) => {
    const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined && !isObject(one));
    return matchers.some((matcher) => matcher(values));
  };
}

/** Matches the values of a field: none if it is missing, several if it is a list. */
type Matcher = (values: readonly unknown[]) => boolean;

const some = (test: Matches): Matcher => {
  return (values) => values.some(test);
};

function readMatcher(matcher: unknown, where: string): Matcher {
  if (!isObject(matcher)) {
    if (Array.isArray(matcher)) {
      throw new Error(`${where} is a list within a list. Write the values into the outer one.`);
    }
    return some((value) => value === matcher);
  }
  const [[operator, operand] = ["", undefined], ...more] = Object.entries(matcher);
  const at = `${where}.${operator}`;
  if (more.length > 0) throw new Error(`${where} has several operators; write each as an object of its own.`);
  switch (operator) {
    case "exists":
      if (typeof operand !== "boolean") {
        throw new Error(`${at} is ${JSON.stringify(operand)}; it has to be true or false.`);
      }
      return (values) => values.length > 0 === operand;
    case "cidr":
      return some(readBlock(operand, at));
    case "numeric":
      return some(readNumeric(operand, at));
    case "anything-but":
      return some(readAnythingBut(operand, at));
    default:
      return some(readText(operator, operand, at));
  }
}

/** `prefix`, `suffix`, `equals-ignore-case` and `wildcard`. */
function readText(operator: string, operand: unknown, where: string): Matches {
  const ignoringCase = (operator === "prefix" || operator === "suffix") && isObject(operand);
  const wanted = ignoringCase ? operand["equals-ignore-case"] : operand;
  const known = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
  if (!known.includes(operator)) {
    throw new Error(
      `${where} is no operator that is known here. Use prefix, suffix, anything-but, numeric, exists, ` +
        `equals-ignore-case, wildcard, cidr or $or.`,
    );
  }
  if (typeof wanted !== "string") throw new Error(`${where} is ${JSON.stringify(operand)}; it has to be a string.`);
  const fold = (text: string) => (ignoringCase || operator === "equals-ignore-case" ? text.toLowerCase() : text);
  const folded = fold(wanted);
  const parts = operator === "wildcard" ? wildcardParts(wanted, where) : [];
  const test = {
    prefix: (text: string) => text.startsWith(folded),
    suffix: (text: string) => text.endsWith(folded),
    "equals-ignore-case": (text: string) => text === folded,
    wildcard: (text: string) => matchesPattern(text, parts),
  }[operator as "prefix"];
  return (value) => typeof value === "string" && test(fold(value));
}

/** `*` is any text, `\*` a star and `\\` a backslash. */
function wildcardParts(pattern: string, where: string): PatternPart[] {
  const bare = pattern.replace(/\\[*\\]/g, "");
  if (bare.includes("\\")) {
    throw new Error(
      `${where} is ${JSON.stringify(pattern)}; a backslash is only allowed before a star or a backslash.`,
    );
  }
  if (/(?<!\\)(?:\\\\)*\*\*/.test(pattern)) {
    throw new Error(`${where} is ${JSON.stringify(pattern)}, where two stars follow each other. Write one of them.`);
  }
  return [...pattern.matchAll(/\\([*\\])|(\*)|([^*\\]+|\\)/gs)].map(([, escaped, star, text]) =>
    star === undefined ? { text: escaped ?? text ?? "" } : "*",
  );
}

function readAnythingBut(operand: unknown, where: string): Matches {
  if (isObject(operand)) {
    const [[operator, wanted] = ["", undefined]] = Object.entries(operand);
    const tests = (Array.isArray(wanted) ? wanted : [wanted]).map((one) => {
      const at = `${where}.${operator}`;
      if (one === "" && (operator === "prefix" || operator === "suffix")) {
        throw new Error(`${at} is empty, which would leave nothing. Name a text.`);
      }
      return readText(operator, one, at);
    });
    return (value) => !tests.some((test) => test(value));
  }
  const unwanted: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const ofOneKind = ["string", "number"].some((kind) => unwanted.every((one) => typeof one === kind));
  if (unwanted.length === 0 || !ofOneKind) {
    throw new Error(
      `${where} is ${JSON.stringify(operand)}; it has to be strings, or numbers, or an object with an operator.`,
    );
  }
  return (value) => !unwanted.some((one) => one === value);
}

const comparisons = new Map<unknown, (a: number, b: number) => boolean>([
  ["=", (a, b) => a === b],
  ["<", (a, b) => a < b],
  ["<=", (a, b) => a <= b],
  [">", (a, b) => a > b],
  [">=", (a, b) => a >= b],
]);

/** A block of addresses, such as `10.0.0.0/24` or `2001:db8::/32`. */
function readBlock(operand: unknown, where: string): Matches {
  const [, network = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(typeof operand === "string" ? operand : "") ?? [];
  const family = isIP(network);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) {
    throw new Error(`${where} is ${JSON.stringify(operand)}; it has to be a block of addresses such as "10.0.0.0/24".`);
  }
  const kind = family === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  block.addSubnet(network, Number(bits), kind);
  return (value) => typeof value === "string" && isIP(value) === family && block.check(value, kind);
}

/** `["=", 5]`, one bound, or a lower and then an upper one: `[">", 0, "<=", 5]`. */
function readNumeric(operand: unknown, where: string): Matches {
  const terms = Array.isArray(operand) ? (operand as unknown[]) : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let i = 0; i < terms.length; i += 2) {
    const [operator, bound] = [terms[i], terms[i + 1]];
    const compare = comparisons.get(operator);
    if (!compare || typeof bound !== "number") break;
    tests.push((value) => compare(value, bound));
  }
  if (terms.length === 0 || tests.length * 2 !== terms.length) {
    throw new Error(
      `${where} is ${JSON.stringify(operand)}; write operators and numbers in turn, such as [">", 0, "<=", 5].`,
    );
  }
  if (tests.length > 1 && !isRange(terms)) {
    throw new Error(
      `${where} is ${JSON.stringify(operand)}; two bounds have to be a lower one and then a higher one, such as ` +
        `[">", 0, "<=", 5].`,
    );
  }
  return (value) => typeof value === "number" && tests.every((test) => test(value));
}

function isRange([lower, bottom, upper, top, ...more]: readonly unknown[]): boolean {
  if (more.length > 0 || !String(lower).startsWith(">") || !String(upper).startsWith("<")) return false;
  return typeof bottom === "number" && typeof top === "number" && bottom < top;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where} is no JSON: ${(error as Error).message}. Correct it there.`, { cause: error });
  }
}
