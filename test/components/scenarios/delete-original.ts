import { avatarRow, faults, photo, replaces, result, uploadId, versions, type StepScenario } from "./shared";

export const deleteOriginalScenarios: readonly StepScenario[] = [
  { name: "a first avatar", input: { photo }, answers: {}, ends: "output" },
  {
    name: "a replacement, whose old face and thumbnails go",
    input: { photo },
    answers: {
      "DynamoDB.getItem": [result({ Item: avatarRow(uploadId, { replaces }) })],
      "S3.listObjectVersions": [versions],
    },
    ends: "output",
  },
  ...faults({ photo }, "S3.deleteObject"),
];
