import type { ProgramGraph } from "../../packages/local-cloud/program/graph";

export interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** The name of a step's resources. */
export const partOf = (step: string) =>
  `avatars-${step.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`;

/** The statements of a step's policy. */
export function statementsOf(graph: ProgramGraph, step: string): readonly Statement[] {
  const isOwn = ({ type, name }: ProgramGraph["resources"][number]) =>
    type === "aws:iam/rolePolicy:RolePolicy" && name === partOf(step);
  const policy = graph.resources.find(isOwn)?.inputs["policy"];
  return (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement;
}

/** The graph with one action removed from the policy of one function. */
export function without(graph: ProgramGraph, part: string, action: string): ProgramGraph {
  let removed = 0;
  const resources = graph.resources.map((node) => {
    if (node.type !== "aws:iam/rolePolicy:RolePolicy" || node.name !== part) return node;
    const policy = JSON.parse(String(node.inputs["policy"])) as { Version: string; Statement: Statement[] };
    const Statement = policy.Statement.map((statement) => {
      const Action = statement.Action.filter((each) => each !== action);
      removed += statement.Action.length - Action.length;
      return { ...statement, Action };
    }).filter((statement) => statement.Action.length > 0);
    const inputs = { ...node.inputs, policy: JSON.stringify({ ...policy, Statement }) };
    return { ...node, inputs, outputs: { ...node.outputs, policy: inputs.policy } };
  });
  if (removed === 0) throw new Error(`The policy of ${part} has no ${action}.`);
  return { ...graph, resources };
}
