import type { ProgramGraph } from "../program/graph";
import { nameIn, nodesOf } from "../program/nodes";

const keyType = "aws:kms/key:Key";
const keyPolicyType = "aws:kms/keyPolicy:KeyPolicy";
const aliasType = "aws:kms/alias:Alias";

/** The types that {@link readKeys} and {@link keyFinder} read. */
export const keyTypes: readonly string[] = [keyType, keyPolicyType, aliasType];

/** A KMS key that the program declares. */
export interface DeclaredKey {
  readonly arn: string;
  /** The key's policy; without one, KMS's own lets the account's policies decide. */
  readonly policy?: unknown;
}

/** A resource whose content is encrypted with a customer's key: the caller of the service must be able to use it. */
export interface EncryptedResource {
  /** ARN; the key also protects everything below it. */
  readonly resource: string;
  readonly keyArn: string;
  /** The `kms:` actions that the service performs for the caller of one of its own actions. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  /** The service's error code for a key that may not be used; `AccessDenied` if it has none of its own. */
  readonly code?: string | undefined;
}

/** The declared keys, each with the policy that was set on it last. */
export function readKeys(graph: ProgramGraph): readonly DeclaredKey[] {
  const policies = nodesOf(graph, keyPolicyType);
  return nodesOf(graph, keyType).map((key) => {
    const arn = key.required("arn");
    const own = policies.findLast((policy) => nameIn(policy.required("keyId")) === nameIn(arn));
    return { arn, policy: own?.required("policy") ?? key.inputs["policy"] };
  });
}

/**
 * Resolves a reference to a key (ARN, id or alias) to its ARN: undefined for none, and for AWS's own keys, which
 * every caller of the service may use.
 */
export function keyFinder(graph: ProgramGraph): (reference: string | undefined) => string | undefined {
  const keys = nodesOf(graph, keyType);
  const aliases = nodesOf(graph, aliasType);
  const arnOf = (kind: string) => `arn:${graph.partition}:kms:${graph.region}:${graph.accountId}:${kind}`;
  const find = (reference: string | undefined): string | undefined => {
    if (reference === undefined || reference === "") return undefined;
    const [, alias] = /(?:^|:)(alias\/.+)$/.exec(reference) ?? [];
    if (alias?.startsWith("alias/aws/")) return undefined;
    if (alias !== undefined) {
      const declared = aliases.find((node) => node.required("name") === alias);
      return declared ? find(declared.required("targetKeyId")) : arnOf(alias);
    }
    if (reference.startsWith("arn:")) return reference;
    return keys.find(({ id }) => id === reference)?.required("arn") ?? arnOf(`key/${reference}`);
  };
  return find;
}
