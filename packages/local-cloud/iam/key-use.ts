import type { CloudIdentity } from "../gateway/service";
import { evaluate, type Decision, type Question } from "./evaluate";
import type { DeclaredKey, EncryptedResource } from "./keys";
import { readPolicy, type Policy } from "./policy";

/** One use of a key that an action requires, and the decision on it. */
export interface KeyUse {
  readonly action: string;
  readonly keyArn: string;
  readonly decision: Decision;
  /** See {@link EncryptedResource.code}. */
  readonly code: string | undefined;
}

/** Decides on the uses of keys that come with a question about an encrypted resource; none for other questions. */
export type KeyUses = (question: Omit<Question, "resourcePolicies">) => readonly KeyUse[];

/**
 * KMS's decision: the key's policy allows by itself, and the caller's own policies only if the key's policy names the
 * account. The policy of a key that the program does not declare is unknown; it is taken for one that names the account
 * and lets services in, since only AWS can check it.
 *
 * @throws Error naming the key whose policy is not one that KMS would accept
 */
export function createKeyUses(options: {
  readonly identity: CloudIdentity;
  readonly keys: readonly DeclaredKey[];
  readonly encrypted: readonly EncryptedResource[];
}): KeyUses {
  const { identity, encrypted } = options;
  const policies = new Map(options.keys.map((key) => [key.arn, policyOf(key, identity)]));

  function decide(question: Omit<Question, "resourcePolicies">): Decision {
    const policy = policies.get(question.resource);
    const resourcePolicies = policy ? [policy] : [];
    if (!policy && question.principal.kind === "service") {
      return { effect: "allow", by: "resource", policy: question.resource };
    }
    const decision = evaluate({ ...question, resourcePolicies });
    if (decision.effect !== "allow" || !policy) return decision;
    const account = { kind: "account", accountId: identity.accountId } as const;
    const delegated = evaluate({ ...question, principal: account, identityPolicies: [], resourcePolicies });
    return delegated.effect === "allow" ? decision : evaluate({ ...question, identityPolicies: [], resourcePolicies });
  }

  return (question) =>
    encrypted
      .filter(({ resource: of }) => question.resource === of || question.resource.startsWith(`${of}/`))
      .flatMap(({ keyArn, needs, code }) =>
        (needs[question.action] ?? []).map((action) => {
          const [service = ""] = question.action.split(":");
          const context = {
            ...withoutSource(question),
            "kms:CallerAccount": identity.accountId,
            "kms:ViaService": `${service}.${identity.region}.amazonaws.com`,
          };
          return { action, keyArn, code, decision: decide({ ...question, action, resource: keyArn, context }) };
        }),
      );
}

/** Requests of these services carry no source, so that a condition on it refuses them all. */
const sourceless = ["events.amazonaws.com", "sns.amazonaws.com"];

function withoutSource({ principal, context }: Pick<Question, "principal" | "context">): Question["context"] {
  if (principal.kind !== "service" || !sourceless.includes(principal.name)) return context;
  return Object.fromEntries(Object.entries(context).filter(([name]) => !name.toLowerCase().startsWith("aws:source")));
}

function policyOf({ arn, policy }: DeclaredKey, { partition, accountId }: CloudIdentity): Policy {
  const standard = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  };
  return readPolicy(policy ?? standard, arn, "resource");
}
