import type { ProgramGraph } from "../program/graph";
import { nameIn, nodesOf, textOf, type Node } from "../program/nodes";
import type { DeclaredRole } from ".";

const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const MANAGED_POLICY = "aws:iam/policy:Policy";

/** The types that {@link readRoles} reads. */
export const ROLE_TYPES: readonly string[] = [ROLE, ROLE_POLICY, ATTACHMENT, MANAGED_POLICY];

/** The declared roles, each with everything that was attached to it. */
export function readRoles(graph: ProgramGraph): readonly DeclaredRole[] {
  const inline = nodesOf(graph, ROLE_POLICY);
  const attachments = nodesOf(graph, ATTACHMENT);
  const managed = new Map(nodesOf(graph, MANAGED_POLICY).map((policy) => [policy.required("arn"), policy]));
  return nodesOf(graph, ROLE).map((role) => {
    const isOfRole = (node: Node): boolean => nameIn(node.required("role")) === nameIn(role.required("arn"));
    const attached = [
      ...attachments.filter(isOfRole).map((node) => node.required("policyArn")),
      ...role.texts("managedPolicyArns"),
    ];
    return {
      arn: role.required("arn"),
      trust: role.required("assumeRolePolicy"),
      policies: [
        ...role.blocks("inlinePolicies").flatMap((block) => {
          const document = textOf(block["policy"]);
          return document === undefined ? [] : [{ name: textOf(block["name"]) ?? "inline", document }];
        }),
        ...inline
          .filter(isOfRole)
          .map((node) => ({ name: node.text("name") ?? node.name, document: node.required("policy") })),
        ...attached.flatMap((arn) => {
          const policy = managed.get(arn);
          return policy ? [{ name: policy.required("name"), document: policy.required("policy") }] : [];
        }),
      ],
      managedPolicyArns: attached.filter((arn) => !managed.has(arn)),
    };
  });
}
