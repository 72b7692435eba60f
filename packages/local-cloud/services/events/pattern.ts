import { matchesPattern, type PatternPart } from "../../iam/pattern";

/** True when the value is of the pattern. */
export type Matches = (value: unknown) => boolean;

/**
 * Reads an EventBridge event pattern, or an SNS filter policy, which is written the same way
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html): exact values, `prefix`, `suffix`,
 * `anything-but`, `numeric`, `exists`, `equals-ignore-case`, `wildcard`, `$or`, nested fields. An event's list matches
 * when one of its elements does.
 *
 * @param source the pattern, or its JSON text
 * @param where what names the pattern in errors
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
      const alternatives = wanted.map((alternative, i) => readObject(alternative, `${at}[${i}]`));
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
    // A field that is not there is an empty object: a nested {"exists": false} matches it.
    return fields.every((field) => field(isObject(value) ? value : {}));
  };
  return matchesObject;
}

/** A list of matchers, of which one has to take the value. */
function readLeaf(wanted: readonly unknown[], where: string): Matches {
  if (wanted.length === 0) throw new Error(`${where} is an empty list, which would match nothing. Name a value.`);
  const matchers = wanted.map((matcher, i) => readMatcher(matcher, `${where}[${i}]`));
  return (value) => {
    const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined && !isObject(one));
    return matchers.some((matcher) => matcher(values));
  };
}

/** Takes the values of a field: none when it is not there, several when it is a list. */
type Matcher = (values: readonly unknown[]) => boolean;

const some = (test: Matches): Matcher => {
  return (values) => values.some(test);
};

function readMatcher(matcher: unknown, where: string): Matcher {
  if (!isObject(matcher)) {
    if (Array.isArray(matcher))
      throw new Error(`${where} is a list within a list. Write the values into the outer one.`);
    return some((value) => value === matcher);
  }
  const [[operator = "", operand] = [], ...more] = Object.entries(matcher);
  const at = `${where}.${operator}`;
  if (more.length > 0) throw new Error(`${where} has several operators; write each as an object of its own.`);
  switch (operator) {
    case "exists":
      if (typeof operand !== "boolean")
        throw new Error(`${at} is ${JSON.stringify(operand)}; it has to be true or false.`);
      return (values) => values.length > 0 === operand;
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
        `equals-ignore-case, wildcard or $or.`,
    );
  }
  if (typeof wanted !== "string") throw new Error(`${where} is ${JSON.stringify(operand)}; it has to be a string.`);
  const fold = (text: string) => (ignoringCase || operator === "equals-ignore-case" ? text.toLowerCase() : text);
  const folded = fold(wanted);
  const parts = operator === "wildcard" ? wildcardParts(wanted) : [];
  const test = {
    prefix: (text: string) => text.startsWith(folded),
    suffix: (text: string) => text.endsWith(folded),
    "equals-ignore-case": (text: string) => text === folded,
    wildcard: (text: string) => matchesPattern(text, parts),
  }[operator as "prefix"];
  return (value) => typeof value === "string" && test(fold(value));
}

/** `*` is any text, `\*` a star and `\\` a backslash. */
function wildcardParts(pattern: string): PatternPart[] {
  return [...pattern.matchAll(/\\([*\\])|(\*)|([^*\\]+|\\)/gs)].map(([, escaped, star, text]) =>
    star === undefined ? { text: escaped ?? text ?? "" } : "*",
  );
}

function readAnythingBut(operand: unknown, where: string): Matches {
  if (isObject(operand)) {
    const [[operator = "", wanted] = []] = Object.entries(operand);
    const tests = (Array.isArray(wanted) ? wanted : [wanted]).map((one) =>
      readText(operator, one, `${where}.${operator}`),
    );
    return (value) => !tests.some((test) => test(value));
  }
  const unwanted: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (unwanted.length === 0 || !unwanted.every((one) => typeof one === "string" || typeof one === "number")) {
    throw new Error(
      `${where} is ${JSON.stringify(operand)}; it has to be strings or numbers, or an object with an operator.`,
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

/** `[">", 0, "<=", 5]`: all have to hold. */
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
  return (value) => typeof value === "number" && tests.every((test) => test(value));
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
