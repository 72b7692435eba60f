import type { ProgramGraph } from "../../program/graph";
import { nodesOf } from "../../program/nodes";
import type { DeclaredMachine } from "./declared";

export const machineType = "aws:sfn/stateMachine:StateMachine";

/** @throws Error naming the machine that is not a Standard one */
export function readMachines(graph: ProgramGraph): readonly DeclaredMachine[] {
  return nodesOf(graph, machineType).map((node) => {
    if (node.text("type") === "EXPRESS") {
      throw new Error(`State machine ${node.name} is an Express one; the local mode runs Standard state machines.`);
    }
    return {
      name: node.required("name"),
      arn: node.required("arn"),
      roleArn: node.required("roleArn"),
      isLogged: (node.block("loggingConfiguration")?.["level"] ?? "OFF") !== "OFF",
      isTraced: node.block("tracingConfiguration")?.["enabled"] === true,
      definition: node.required("definition"),
    };
  });
}
