import { condition, event, execution, failedState, faults, result, uploadRow, type StepScenario } from "./shared";

export const notifyFailureScenarios: readonly StepScenario[] = [
  {
    name: "a refused photo",
    input: { event, execution, ...failedState("NO_FACE") },
    answers: { "DynamoDB.getItem": [result({ Item: uploadRow() })] },
    ends: "output",
  },
  {
    name: "a fault of ours before the claim",
    input: { event, execution, state: {}, failed: [{ ReceivePhoto: { Error: "InvalidKey", Cause: "why" } }] },
    answers: {},
    ends: "output",
  },
  {
    name: "an object whose key names no student",
    input: {
      event: { ...event, detail: { ...event.detail, object: { ...event.detail.object, key: "uploads/photo.jpg" } } },
      execution,
      state: {},
      failed: [{ ReceivePhoto: { Error: "InvalidKey", Cause: "why" } }],
    },
    answers: {},
    ends: "output",
  },
  {
    name: "an upload that was taken meanwhile",
    input: { event, execution, ...failedState("NO_FACE") },
    answers: { "DynamoDB.getItem": [result({ Item: uploadRow() })], "DynamoDB.updateItem": [condition] },
    ends: "ClaimLost",
  },
  ...faults({ event, execution, ...failedState("NO_FACE") }, "SNS.publish", {
    "DynamoDB.getItem": [result({ Item: uploadRow() })],
  }),
];
