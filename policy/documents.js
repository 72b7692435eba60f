/* global module */
// @ts-check
/**
 * Helpers to read values that a preview may not know yet, and IAM policies.
 *
 * @typedef {{ Effect?: string; Principal?: any; NotPrincipal?: unknown; Action?: string | string[]; NotAction?: unknown; Resource?: string | string[]; NotResource?: unknown; Condition?: Record<string, Record<string, unknown>> }} Statement
 * @typedef {{ unknown: boolean; problem?: string; statements: Statement[] }} PolicyDocument
 */

/** Represents a value that is known only after the stack is updated. It is never a property's value. */
const unknown = Symbol("unknown");

/**
 * The value that `get` reads, or `unknown`. Pulumi throws on reading an unknown value, which would end the whole rule,
 * and a stack rule for all resources. Its error has the plain name `Error`; only its class identifies it.
 *
 * @template Value @param {() => Value} get @returns {Value | typeof unknown}
 */
function read(get) {
  try {
    return get();
  } catch (error) {
    if (error instanceof Error && [error.name, error.constructor.name].includes("UnknownValueError")) return unknown;
    throw error;
  }
}

/** @param {unknown} value @returns {string[]} */
const list = (value) => (value === undefined || value === null ? [] : [value].flat().map(String));

/** @param {unknown} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A policy given as text or as an object. If any part is unknown, the whole policy counts as unknown.
 *
 * @param {() => unknown} get @returns {PolicyDocument}
 */
function documentOf(get) {
  const text = read(() => {
    const policy = get() ?? undefined;
    return typeof policy === "string" || policy === undefined ? policy : JSON.stringify(policy);
  });
  if (text === unknown) return { unknown: true, statements: [] };
  if (text === undefined) return { unknown: false, statements: [] };
  const fix = "Write it with pulumi.jsonStringify.";
  try {
    const document = JSON.parse(text);
    const statements = isObject(document) ? [document.Statement ?? []].flat() : [undefined];
    return statements.every(isObject)
      ? { unknown: false, statements }
      : { unknown: false, problem: `The policy has statements that are no objects. ${fix}`, statements: [] };
  } catch {
    return { unknown: false, problem: `The policy is no JSON. ${fix}`, statements: [] };
  }
}

/** @param {unknown} principal */
const isEverybody = (principal) =>
  principal === "*" || list(/** @type {{ AWS?: unknown } | undefined} */ (principal)?.AWS).includes("*");

/**
 * Whether a statement allows everybody something without a condition.
 *
 * @param {Statement} statement
 */
const allowsEverybody = ({ Effect, Principal, NotPrincipal, Condition }) =>
  Effect === "Allow" && (isEverybody(Principal) || NotPrincipal !== undefined) && Condition === undefined;

/**
 * Whether a statement refuses all requests without TLS to a bucket and its objects: a further condition, a single
 * principal or a single action would let other requests through.
 *
 * @param {Statement} statement
 */
function refusesPlainRequests({ Effect, Principal, Action, Resource, Condition }) {
  const [[operator, keys] = ["", {}], ...others] = Object.entries(Condition ?? {});
  const conditions = Object.entries(keys);
  const resources = list(Resource);
  return (
    Effect === "Deny" &&
    isEverybody(Principal) &&
    list(Action).some((action) => ["s3:*", "*"].includes(action.toLowerCase())) &&
    resources.some((arn) => arn === "*" || resources.includes(`${arn}/*`)) &&
    others.length === 0 &&
    conditions.length === 1 &&
    /^Bool(IfExists)?$/.test(operator) &&
    conditions.every(([key, value]) => key.toLowerCase() === "aws:securetransport" && String(value) === "false")
  );
}

module.exports = { allowsEverybody, documentOf, list, read, refusesPlainRequests, unknown };
