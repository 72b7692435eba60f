import type { ProgramGraph } from "../program/graph";
import { nameIn, nodesOf, textOf, type Node } from "../program/nodes";
import type { DeclaredRole } from ".";

const roleType = "aws:iam/role:Role";
const rolePolicyType = "aws:iam/rolePolicy:RolePolicy";
const attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const managedPolicyType = "aws:iam/policy:Policy";

/** The types that {@link readRoles} reads. */
export const roleTypes: readonly string[] = [roleType, rolePolicyType, attachmentType, managedPolicyType];

/** The declared roles, each with everything that was attached to it. */
export function readRoles(graph: ProgramGraph): readonly DeclaredRole[] {
  const inline = nodesOf(graph, rolePolicyType);
  const attachments = nodesOf(graph, attachmentType);
  const managed = new Map(nodesOf(graph, managedPolicyType).map((policy) => [policy.required("arn"), policy]));
  return nodesOf(graph, roleType).map((role) => {
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
