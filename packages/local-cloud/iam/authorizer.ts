import { cloudError, type Caller, type CloudIdentity } from "../gateway/service";
import { evaluate, type Decision, type Principal } from "./evaluate";
import { createKeyUses } from "./key-use";
import type { DeclaredKey, EncryptedResource } from "./keys";
import { managedPolicies } from "./managed-policies";
import { readPolicy, type DeclaredResourcePolicy, type Policy } from "./policy";

type Context = Readonly<Record<string, string | readonly string[]>>;

/** A role as the program declares it. Documents may be objects or JSON text. */
export interface DeclaredRole {
  readonly arn: string;
  /** `assumeRolePolicy`: which services may take the role. */
  readonly trust?: unknown;
  readonly policies: readonly { readonly name: string; readonly document: unknown }[];
  readonly managedPolicyArns?: readonly string[];
}

export interface Authorizer {
  /** @throws CloudError `AccessDenied` (403) in AWS's words unless the caller may perform the action on the resource */
  authorize(caller: Caller, action: string, resource: string, context?: Context): void;
  /**
   * The same for an AWS service that acts on its own behalf, such as `events.amazonaws.com` sending to a queue: only
   * the resource's policy can allow it.
   */
  authorizeService(service: string, action: string, resource: string, context?: Context): void;
  /** @throws CloudError `AccessDenied` unless the role's trust policy lets the service, say `lambda.amazonaws.com`, take it */
  authorizeAssume(service: string, roleArn: string): void;
  /** One line for each managed policy that is attached but unknown here, and therefore grants nothing. */
  readonly unknownManagedPolicies: readonly string[];
}

/** The sender of a question, with the name that a refusal gives it. */
interface Asking {
  readonly principal: Principal;
  readonly role?: Role | undefined;
  readonly name: string;
}

interface Allowed {
  readonly action: string;
  readonly resource: string;
}

interface Role {
  readonly arn: string;
  readonly policies: readonly Policy[];
  readonly trust?: Policy;
}

/**
 * Makes the authorizer from the program's declarations.
 *
 * @throws Error naming the policy, the statement and the fix if a document is not one that IAM would accept
 */
export function createAuthorizer(options: {
  identity: CloudIdentity;
  roles: readonly DeclaredRole[];
  resourcePolicies?: readonly DeclaredResourcePolicy[];
  /** The declared keys, and the resources that are encrypted with keys, declared or not. */
  keys?: readonly DeclaredKey[];
  encrypted?: readonly EncryptedResource[];
  /** Receives every permission that a role was granted. */
  onAllowed?: ((caller: Caller, action: string, resource: string) => void) | undefined;
}): Authorizer {
  const { identity, keys = [], encrypted = [] } = options;
  const unknown: string[] = [];
  const keyUses = createKeyUses({ identity, keys, encrypted });
  const roles = new Map(options.roles.map((role) => [roleName(role.arn), readRole(role, unknown)]));
  const resourcePolicies = (options.resourcePolicies ?? []).map(({ resource, name, document }) => ({
    resource,
    policy: readPolicy(document, name, "resource"),
  }));

  /**
   * Decides on the action, and then on each use of a key that comes with it.
   *
   * @returns the actions that are allowed with it
   */
  function decide(by: Asking, action: string, resource: string, given: Context): readonly Allowed[] {
    const question = {
      principal: by.principal,
      action,
      resource,
      context: { ...ambientContext(identity, by.principal), ...given },
      identityPolicies: by.role?.policies ?? [],
    };
    const decision = evaluate({
      ...question,
      resourcePolicies: resourcePolicies
        .filter(({ resource: of }) => resource === of || resource.startsWith(`${of}/`) || resource.startsWith(`${of}:`))
        .map(({ policy }) => policy),
    });
    if (decision.effect !== "allow") throw denied(by.name, action, resource, decision, by.principal.kind);
    const uses = keyUses(question);
    for (const use of uses) {
      if (use.decision.effect === "allow") continue;
      const refusal = denied(by.name, use.action, use.keyArn, use.decision, by.principal.kind);
      throw use.code === undefined ? refusal : cloudError(use.code, 400, refusal.message);
    }
    return [{ action, resource }, ...uses.map((use) => ({ action: use.action, resource: use.keyArn }))];
  }

  return {
    unknownManagedPolicies: unknown,
    authorize(caller, action, resource, context = {}) {
      if (caller.kind === "operator") return;
      const role = caller.kind === "role" ? roles.get(roleName(caller.arn)) : undefined;
      const principal: Principal =
        caller.kind === "anonymous"
          ? { kind: "anonymous" }
          : {
              kind: "role",
              roleArn: role?.arn ?? caller.arn,
              sessionArn: caller.arn,
              accountId: identity.accountId,
            };
      const name = caller.kind === "anonymous" ? "anonymous" : caller.arn;
      const allowed = decide({ principal, role, name }, action, resource, context);
      if (caller.kind !== "role") return;
      for (const one of allowed) options.onAllowed?.(caller, one.action, one.resource);
    },
    authorizeService(service, action, resource, context = {}) {
      decide({ principal: { kind: "service", name: service }, name: service }, action, resource, context);
    },
    authorizeAssume(service, roleArn) {
      const trust = roles.get(roleName(roleArn))?.trust;
      const decision = evaluate({
        principal: { kind: "service", name: service },
        action: "sts:AssumeRole",
        resource: roleArn,
        context: ambientContext(identity, { kind: "service", name: service }),
        identityPolicies: [],
        resourcePolicies: trust ? [trust] : [],
      });
      if (decision.effect !== "allow") throw denied(service, "sts:AssumeRole", roleArn, decision, "service");
    },
  };
}

function readRole(role: DeclaredRole, unknown: string[]): Role {
  const name = roleName(role.arn);
  const attached = (role.managedPolicyArns ?? []).flatMap((arn) => {
    const actions = managedPolicies.get(arn.split(":policy/")[1] ?? "");
    if (actions) return [readPolicy(statementFor(actions), arn, "identity")];
    unknown.push(
      `Role ${name} has the managed policy ${arn}, whose text is not known here: it grants nothing in the local cloud. ` +
        `Grant what the role needs in a policy of its own.`,
    );
    return [];
  });
  return {
    arn: role.arn,
    policies: [
      ...role.policies.map((policy) => readPolicy(policy.document, `${policy.name} of role ${name}`, "identity")),
      ...attached,
    ],
    ...(role.trust === undefined ? {} : { trust: readPolicy(role.trust, `assumeRolePolicy of role ${name}`, "trust") }),
  };
}

function statementFor(actions: readonly string[]) {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] };
}

/** ROLE of `arn:aws:iam::ACCOUNT:role/path/ROLE` and of `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`: unique in an account. */
function roleName(arn: string): string {
  const parts = arn.split("/");
  return (/:assumed-role\//.test(arn) ? parts[1] : parts.at(-1)) ?? arn;
}

/** The global condition keys that every request has. */
function ambientContext(identity: CloudIdentity, principal: Principal): Context {
  const now = new Date();
  return {
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
    "aws:RequestedRegion": identity.region,
    "aws:SourceIp": "127.0.0.1",
    // The local port replaces AWS's HTTPS endpoints: a policy that demands TLS would otherwise lock out everybody.
    "aws:SecureTransport": "true",
    ...(principal.kind === "role"
      ? {
          "aws:PrincipalArn": principal.roleArn,
          "aws:PrincipalAccount": identity.accountId,
          "aws:PrincipalType": "AssumedRole",
          "aws:PrincipalIsAWSService": "false",
        }
      : {}),
    ...(principal.kind === "service"
      ? {
          "aws:PrincipalIsAWSService": "true",
          "aws:PrincipalServiceName": principal.name,
          "aws:SourceAccount": identity.accountId,
        }
      : {}),
    ...(principal.kind === "anonymous" ? { "aws:PrincipalType": "Anonymous" } : {}),
  };
}

/** AWS's own words, so that a person can search for the message. */
function denied(who: string, action: string, resource: string, decision: Decision, kind: Principal["kind"]) {
  const quoted = action.startsWith("s3:") ? `"${resource}"` : resource;
  const why =
    decision.effect === "explicitDeny"
      ? `with an explicit deny in ${decision.by === "identity" ? "an identity-based" : "a resource-based"} policy`
      : `because no ${kind === "role" ? "identity" : "resource"}-based policy allows the ${action} action`;
  return cloudError(
    "AccessDenied",
    403,
    `User: ${who} is not authorized to perform: ${action} on resource: ${quoted} ${why}`,
  );
}
