import { condition, event, execution, faults, result, uploadRow, type StepScenario } from "./shared";

export const receivePhotoScenarios: readonly StepScenario[] = [
  {
    name: "an upload of an issued key",
    input: { event, execution },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow({ status: { S: "awaiting-upload" }, version_id: undefined }) })],
      "DynamoDB.updateItem": [result({ Attributes: uploadRow({ status: { S: "awaiting-upload" } }) })],
    },
    ends: "output",
  },
  {
    name: "a plain copy, whose id is derived",
    input: {
      event: {
        ...event,
        detail: { ...event.detail, object: { ...event.detail.object, key: "uploads/SV001/ảnh + %.jpg" } },
      },
      execution,
    },
    answers: { "DynamoDB.updateItem": [result({})] },
    ends: "output",
  },
  {
    name: "a repeated event",
    input: { event, execution },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() })],
      "DynamoDB.updateItem": [condition],
    },
    ends: "output",
  },
  {
    name: "an object under an issued key without a row",
    input: { event, execution },
    answers: { "DynamoDB.getItem": [result({})], "S3.deleteObject": [result({})] },
    ends: "output",
  },
  {
    name: "a photo that was refused and not told",
    input: { event, execution },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() })],
      "DynamoDB.updateItem": [
        result({
          Attributes: uploadRow({ refused: { M: { step: { S: "DetectFace" }, reason: { S: "NO_FACE" } } } }),
        }),
      ],
    },
    ends: "output",
  },
  {
    name: "an execution that was interrupted",
    input: {
      event: {
        interrupted: { detail: { executionArn: execution, status: "TIMED_OUT", input: JSON.stringify(event) } },
      },
      execution,
    },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() })],
      "DynamoDB.updateItem": [result({ Attributes: uploadRow() })],
    },
    ends: "output",
  },
  {
    name: "an execution that was interrupted, told by Step Functions' own event",
    input: {
      event: { detail: { executionArn: execution, status: "ABORTED", input: JSON.stringify(event) } },
      execution,
    },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() })],
      "DynamoDB.updateItem": [result({ Attributes: uploadRow() })],
    },
    ends: "output",
  },
  {
    name: "a second version under an issued key, at the same moment as the first",
    input: { event, execution },
    answers: {
      "DynamoDB.getItem": [
        result({ Item: uploadRow({ status: { S: "awaiting-upload" }, version_id: undefined }) }),
        result({ Item: uploadRow({ version_id: { S: "v0" } }) }),
      ],
      "DynamoDB.updateItem": [condition],
      "S3.deleteObject": [result({})],
    },
    ends: "output",
  },
  {
    name: "a key that names no student",
    input: {
      event: { ...event, detail: { ...event.detail, object: { key: "uploads/x.jpg", size: 1, etag: "e" } } },
      execution,
    },
    answers: {},
    ends: "InvalidKey",
  },
  ...faults({ event, execution }, "DynamoDB.getItem"),
];
