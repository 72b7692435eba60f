import { conditionHolds } from "./conditions";
import { compilePattern, matchesPattern, matchesWildcards, type Variables } from "./pattern";
import type { Listed, Policy, Principals, Statement } from "./policy";

/** The caller, as far as policies can name it. */
export type Principal =
  | { readonly kind: "role"; readonly roleArn: string; readonly sessionArn: string; readonly accountId: string }
  | { readonly kind: "service"; readonly name: string }
  /** The account itself: an allow for it leaves the decision to the account's own policies. */
  | { readonly kind: "account"; readonly accountId: string }
  | { readonly kind: "anonymous" };

export interface Question {
  readonly principal: Principal;
  /** `service:Operation` */
  readonly action: string;
  /** Full ARN. */
  readonly resource: string;
  /** Condition keys and their values. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  /** The caller's own policies; none for a service or an anonymous caller. */
  readonly identityPolicies: readonly Policy[];
  /** The resource's policies. */
  readonly resourcePolicies: readonly Policy[];
}

/** The answer, and the kind of policy that gave it. */
export type Decision =
  | { readonly effect: "allow"; readonly by: "identity" | "resource"; readonly policy: string }
  | { readonly effect: "explicitDeny"; readonly by: "identity" | "resource"; readonly policy: string }
  | { readonly effect: "implicitDeny" };

/**
 * Decides as IAM does within one account: an explicit deny anywhere wins, then an allow in the caller's own or in
 * the resource's policy is enough, and otherwise the answer is no.
 */
export function evaluate(question: Question): Decision {
  const context: Variables = new Map(
    Object.entries(question.context).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === "string" ? [value] : value,
    ]),
  );
  const matching = (["identity", "resource"] as const).flatMap((by) =>
    (by === "identity" ? question.identityPolicies : question.resourcePolicies).flatMap((policy) =>
      policy.statements
        .filter((statement) => concerns(statement, policy, question, context))
        .map((statement) => ({ by, policy: policy.name, effect: statement.effect })),
    ),
  );
  const deny = matching.find(({ effect }) => effect === "Deny");
  if (deny) return { effect: "explicitDeny", by: deny.by, policy: deny.policy };
  const allow = matching.find(({ effect }) => effect === "Allow");
  return allow ? { effect: "allow", by: allow.by, policy: allow.policy } : { effect: "implicitDeny" };
}

function concerns(statement: Statement, policy: Policy, question: Question, context: Variables): boolean {
  const variables = policy.hasVariables ? context : undefined;
  return (
    lists(statement.actions, (pattern) => matchesWildcards(question.action.toLowerCase(), pattern.toLowerCase())) &&
    (!statement.resources ||
      lists(statement.resources, (pattern) => {
        const compiled = compilePattern(pattern, variables);
        return compiled !== undefined && matchesPattern(question.resource, compiled);
      })) &&
    (!statement.principals || names(statement.principals, question.principal, statement.effect)) &&
    statement.conditions.every((condition) => conditionHolds(condition, context, variables))
  );
}

function lists(listed: Listed, matches: (pattern: string) => boolean): boolean {
  return listed.patterns.some(matches) !== listed.negated;
}

function names(principals: Principals, principal: Principal, effect: "Allow" | "Deny"): boolean {
  return isNamed(principals, principal, effect) !== principals.negated;
}

function isNamed(principals: Principals, principal: Principal, effect: "Allow" | "Deny"): boolean {
  if (principals.everyone) return true;
  switch (principal.kind) {
    case "anonymous":
      return false;
    case "service":
      return principals.services.includes(principal.name);
    case "account":
      return namesAccount(principals, principal.accountId);
    case "role":
      if (principals.aws.includes(principal.roleArn) || principals.aws.includes(principal.sessionArn)) return true;
      // Allowing "the account" only delegates the decision to the account's own policies; denying it denies everybody
      // in it.
      return namesAccount(principals, principal.accountId) && (effect === "Deny" || principals.negated);
  }
}

function namesAccount({ aws }: Principals, accountId: string): boolean {
  return aws.some((name) => name === accountId || name.endsWith(`:iam::${accountId}:root`));
}
