import { readCondition, type Condition } from "./conditions";

/** The policy of a resource: a bucket, topic, queue or function. */
export interface DeclaredResourcePolicy {
  /** ARN of the resource; the policy also applies to everything below it (`arn:aws:s3:::bucket/key`). */
  readonly resource: string;
  readonly name: string;
  readonly document: unknown;
}

/** A policy document, checked and parsed. */
export interface Policy {
  /** The policy's name, for messages and for {@link Decision}. */
  readonly name: string;
  readonly statements: readonly Statement[];
  /** Policy variables are supported since version 2012-10-17. */
  readonly hasVariables: boolean;
}

export interface Statement {
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: Listed;
  /** Absent in trust policies. */
  readonly resources?: Listed;
  /** Only in policies of a resource. */
  readonly principals?: Principals;
  readonly conditions: readonly Condition[];
}

/** `Action` (matches any of the patterns) or `NotAction` (matches none), and so for resources. */
export interface Listed {
  readonly patterns: readonly string[];
  readonly negated: boolean;
}

export interface Principals {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly negated: boolean;
}

/** The kind of policy: it decides which elements are allowed. */
export type PolicyKind = "identity" | "resource" | "trust";

const knownElements = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);

/**
 * Checks a policy document as IAM does when it is attached.
 *
 * @param document the document, or its JSON text
 * @param name of the policy, quoted in errors
 * @throws Error that names the statement, the value, the rule and the fix
 */
export function readPolicy(document: unknown, name: string, kind: PolicyKind): Policy {
  const parsed = typeof document === "string" ? parseJson(document, name) : document;
  if (!isObject(parsed) || parsed.Statement === undefined) {
    throw new Error(`Policy ${name} has no Statement. Give it {"Version": "2012-10-17", "Statement": [...]}.`);
  }
  const version = parsed.Version ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17") {
    throw new Error(`Policy ${name} has Version ${JSON.stringify(version)}; IAM knows "2012-10-17". Use that.`);
  }
  return {
    name,
    statements: listOf(parsed.Statement).map((statement, i) =>
      readStatement(statement, `${name}, statement ${i + 1}`, kind),
    ),
    hasVariables: version === "2012-10-17",
  };
}

function readStatement(statement: unknown, where: string, kind: PolicyKind): Statement {
  if (!isObject(statement)) throw new Error(`Policy ${where} is ${JSON.stringify(statement)}; it has to be an object.`);
  for (const element of Object.keys(statement)) {
    if (!knownElements.has(element)) {
      throw new Error(`Policy ${where} has the element "${element}", which IAM does not know. Remove or correct it.`);
    }
  }
  const effect = statement.Effect;
  if (effect !== "Allow" && effect !== "Deny") {
    throw new Error(`Policy ${where} has Effect ${JSON.stringify(effect)}; it has to be "Allow" or "Deny".`);
  }
  const actions = readListed(statement, "Action", where);
  const resources = readListed(statement, "Resource", where);
  const principals = readPrincipals(statement, where);
  if (!actions) throw new Error(`Policy ${where} has neither Action nor NotAction. Name what it is about.`);
  for (const action of actions.patterns) {
    if (action !== "*" && !/^[\w*?-]+:[\w*?-]+$/.test(action)) {
      throw new Error(
        `Policy ${where} has Action "${action}"; write it as service:Operation, for example s3:GetObject.`,
      );
    }
  }
  if (kind === "identity" && !resources) throw new Error(`Policy ${where} has no Resource. Name the ARNs it is about.`);
  if (kind === "identity" && principals) {
    throw new Error(`Policy ${where} has a Principal, but a role's own policy speaks of that role alone. Remove it.`);
  }
  if (kind !== "identity" && !principals) throw new Error(`Policy ${where} has no Principal. Name who it is about.`);
  return {
    sid: typeof statement.Sid === "string" ? statement.Sid : "",
    effect,
    actions,
    ...(resources ? { resources } : {}),
    ...(principals ? { principals } : {}),
    conditions: readConditions(statement.Condition, where),
  };
}

function readListed(statement: Record<string, unknown>, element: "Action" | "Resource", where: string) {
  const [plain, not] = [statement[element], statement[`Not${element}`]];
  if (plain !== undefined && not !== undefined) {
    throw new Error(`Policy ${where} has ${element} and Not${element}; a statement may have only one of them.`);
  }
  if (plain === undefined && not === undefined) return undefined;
  const patterns = stringsOf(plain ?? not, `Policy ${where}, ${element}`);
  return { patterns, negated: plain === undefined };
}

function readPrincipals(statement: Record<string, unknown>, where: string): Principals | undefined {
  const { Principal: plain, NotPrincipal: not } = statement;
  if (plain !== undefined && not !== undefined) {
    throw new Error(`Policy ${where} has Principal and NotPrincipal; a statement may have only one of them.`);
  }
  const principal = plain ?? not;
  if (principal === undefined) return undefined;
  const negated = plain === undefined;
  if (principal === "*") return { everyone: true, aws: [], services: [], negated };
  if (!isObject(principal)) {
    throw new Error(
      `Policy ${where} has Principal ${JSON.stringify(principal)}; write "*", {"AWS": …} or {"Service": …}.`,
    );
  }
  const of = (kind: string) =>
    principal[kind] === undefined ? [] : stringsOf(principal[kind], `Policy ${where}, Principal ${kind}`);
  const aws = of("AWS");
  return { everyone: aws.includes("*"), aws, services: of("Service"), negated };
}

function readConditions(conditions: unknown, where: string): Condition[] {
  if (conditions === undefined) return [];
  if (!isObject(conditions)) {
    throw new Error(`Policy ${where} has a Condition that is no object: {"StringEquals": {…}}.`);
  }
  return Object.entries(conditions).flatMap(([operator, keys]) => {
    if (!isObject(keys)) throw new Error(`Policy ${where}: ${operator} has to hold {"condition:key": value}.`);
    return Object.entries(keys).map(([key, values]) =>
      readCondition(operator, key, stringsOf(values, `Policy ${where}, ${operator} ${key}`), `Policy ${where}`),
    );
  });
}

function stringsOf(value: unknown, where: string): string[] {
  return listOf(value).map((entry) => {
    if (typeof entry === "string") return entry;
    if (typeof entry === "boolean" || typeof entry === "number") return String(entry);
    // An unresolved output under mocks would otherwise match nothing, silently.
    throw new Error(`${where} is ${JSON.stringify(entry)}; it has to be a string or a list of strings.`);
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Policy ${name} is no JSON: ${(error as Error).message}. Give it a JSON document.`, {
      cause: error,
    });
  }
}
