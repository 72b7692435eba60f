import { expect } from "chai";
import { createAuthorizer } from "../../../packages/local-cloud/iam";
import { readRoles } from "../../../packages/local-cloud/iam/graph";
import type { ProgramGraph } from "../../../packages/local-cloud/program/graph";
import { readFunctions } from "../../../packages/local-cloud/services/lambda/graph";
import { checkTracing, mayLog } from "../../../packages/local-cloud/services/lambda/role";
import { readMachines } from "../../../packages/local-cloud/services/states/graph";
import { checkObservability } from "../../../packages/local-cloud/services/states/role";
import { programGraph } from "../../support/with-cloud";

describe("the permissions for logs and traces", () => {
  let graph: ProgramGraph;
  before(async () => {
    graph = await programGraph();
  });

  /** What the local cloud says of every function and machine if their roles lack an action. */
  function complaintsWithout(action: string) {
    const roles = readRoles(graph).map((role) => ({
      ...role,
      policies: role.policies.map(({ name, document }) => ({ name, document: lacking(document, action) })),
    }));
    const authorizer = createAuthorizer({ identity: graph, roles });
    const all = [
      ...readFunctions(graph).map((one) => ({ name: one.name, check: checkFunction(one) })),
      ...readMachines(graph).map((one) => ({ name: one.name, check: checkMachine(one) })),
    ];
    return all.map(({ name, check }) => ({ name, lines: check(authorizer) }));
  }

  type Check = (authorizer: ReturnType<typeof createAuthorizer>) => readonly string[];

  function linesOf(run: (warn: (line: string) => void) => void): readonly string[] {
    const lines: string[] = [];
    try {
      run((line) => lines.push(line));
    } catch (error) {
      lines.push((error as Error).message);
    }
    return lines;
  }
  const checkFunction =
    (one: ReturnType<typeof readFunctions>[number]): Check =>
    (authorizer) =>
      linesOf((warn) => {
        mayLog(one, graph, authorizer, warn);
        checkTracing(one, authorizer, warn);
      });
  const checkMachine =
    (one: ReturnType<typeof readMachines>[number]): Check =>
    (authorizer) =>
      linesOf((warn) => checkObservability(one, authorizer, warn));

  it("are granted to every function and the machine", () => {
    const complaints = complaintsWithout("nothing:AtAll");
    expect(complaints.length).to.be.greaterThan(11);
    expect(complaints.filter(({ lines }) => lines.length > 0)).to.deep.equal([]);
  });

  for (const [action, says] of [
    ["logs:CreateLogStream", "has no log, since its role may not write it"],
    ["logs:PutLogEvents", "has no log, since its role may not write it"],
    ["xray:PutTraceSegments", "cannot be created: The provided execution role does not have permissions"],
    ["xray:PutTelemetryRecords", "X-Ray gets no telemetry of the function"],
  ] as const) {
    it(`are missed in every function that lacks ${action}`, () => {
      const functions = readFunctions(graph).map(({ name }) => name);
      const complaints = complaintsWithout(action).filter(({ name }) => functions.includes(name));
      expect(complaints).to.have.length(functions.length);
      for (const { name, lines } of complaints) {
        expect(lines, name).to.have.length(1);
        expect(lines[0]).to.include(says).and.to.include(`is not authorized to perform: ${action}`);
      }
    });
  }

  for (const action of [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
  ]) {
    it(`are missed in a machine that lacks ${action}`, () => {
      const [machine] = readMachines(graph);
      const lines = complaintsWithout(action).find(({ name }) => name === machine?.name)?.lines ?? [];
      expect(lines).to.have.length(1);
      const says = action.startsWith("logs:") ? "is not authorized to access the Log Destination" : "gets no traces";
      expect(lines[0]).to.include(says).and.to.include(`is not authorized to perform: ${action}`);
    });
  }
});

/** A policy without an action. */
function lacking(document: unknown, action: string): unknown {
  const policy = JSON.parse(String(document)) as {
    readonly Statement: readonly { readonly Action: string | string[] }[];
  };
  const Statement = policy.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((each) => each !== action),
  }));
  return { ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) };
}
