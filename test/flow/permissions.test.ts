import { expect } from "chai";
import { steps } from "../../handlers/steps";
import { scriptedEngine, scriptFaces } from "../../local/faces/scripted-engine";
import type { ProgramGraph } from "../../local/program/graph";
import { portrait } from "../photos";
import { startPipeline } from "./harness";

interface Statement {
  readonly Action: readonly string[];
}

/** The graph with one action taken out of the policy of one function. */
function without(graph: ProgramGraph, part: string, action: string): ProgramGraph {
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

/** Which grant of each step a good photo cannot do without. */
const needed: readonly (readonly [step: string, action: string])[] = [
  ["ReceivePhoto", "dynamodb:UpdateItem"],
  ["CheckFormat", "s3:GetObjectVersion"],
  ["DetectFace", "rekognition:DetectFaces"],
  ["CheckDuplicate", "rekognition:SearchFacesByImage"],
  ["CreateThumbnail", "s3:PutObject"],
  ["IndexFace", "rekognition:IndexFaces"],
  ["SaveMetadata", "dynamodb:PutItem"],
  ["DeleteOriginal", "s3:DeleteObjectVersion"],
  ["NotifySuccess", "sns:Publish"],
];

describe("A function that lacks one permission", function () {
  this.timeout(60_000);

  it("is looked at for every step of a good photo", () => {
    const after = ["Undo", "NotifyFailure"];
    const names = steps.map(({ name }) => name).filter((name) => !after.includes(name));
    expect(needed.map(([step]) => step)).to.deep.equal(names);
  });

  for (const [step, action] of needed) {
    it(`fails here as on AWS, and names what it lacks: ${step} without ${action}`, async () => {
      const part = `avatars-${step.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`;
      const pipeline = await startPipeline({
        engine: scriptedEngine(),
        retryScale: 0.001,
        change: (graph) => without(graph, part, action),
      });
      try {
        const photo = scriptFaces(await portrait("A"), [{ person: "ann" }]);
        await pipeline.upload("uploads/SV001/a.jpg", photo);
        await pipeline.cloud.idle();
        const rows = await pipeline.uploads();
        expect(rows.map(({ status, step: at }) => [status, at])).to.deep.equal([["failed", step]]);
        const { executions = [] } = await pipeline.sfn.listExecutions({
          stateMachineArn: pipeline.names.stateMachineArn,
          statusFilter: "FAILED",
        });
        expect(executions.length).to.be.greaterThan(0);
        const histories = await Promise.all(
          executions.map(({ executionArn }) => pipeline.sfn.getExecutionHistory({ executionArn, maxResults: 1000 })),
        );
        const text = JSON.stringify(histories.flatMap(({ events }) => events ?? []));
        // SNS has a name of its own for it.
        expect(text).to.match(/AccessDenied|AuthorizationError/);
        expect(text).to.include(`is not authorized to perform: ${action}`);
      } finally {
        await pipeline.close();
      }
    });
  }
});
