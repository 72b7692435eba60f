/* global module */
// @ts-check
/**
 * Reading what a preview may not know yet, and what IAM policies say.
 *
 * @typedef {{ Effect?: string; Principal?: any; NotPrincipal?: unknown; Action?: string | string[]; NotAction?: unknown; Resource?: string | string[]; NotResource?: unknown; Condition?: Record<string, Record<string, unknown>> }} Statement
 * @typedef {{ unknown: boolean; problem?: string; statements: Statement[] }} PolicyDocument
 */

/** What stands for a value that is known only when the stack has been updated. It is no value of any property. */
const unknown = Symbol("unknown");

/**
 * What `get` reads, or `unknown`. Pulumi throws on reading an unknown value, which would end the whole rule, for a stack
 * rule on all resources. Its error keeps the name `Error`; only its class tells it.
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
 * A policy given as text or as an object. Nothing is known of one of which any part is unknown.
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
 * Whether a statement allows everybody something under no condition.
 *
 * @param {Statement} statement
 */
const allowsEverybody = ({ Effect, Principal, NotPrincipal, Condition }) =>
  Effect === "Allow" && (isEverybody(Principal) || NotPrincipal !== undefined) && Condition === undefined;

/**
 * Whether a statement refuses all requests to a bucket and its objects that come without TLS: another condition beside
 * it, one principal or one action would let the others through.
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
