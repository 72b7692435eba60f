import {
  avatarRow,
  condition,
  face,
  faults,
  format,
  newerId,
  olderId,
  photo,
  result,
  thumbnails,
  type StepScenario,
} from "./shared";

/** The upload's row, in which its first attempt recorded the avatar that it saw. */
const sawFirst = (uploadId: string) => result({ Attributes: { instead_of: { S: uploadId } } });

export const saveMetadataScenarios: readonly StepScenario[] = [
  {
    name: "a student's first avatar",
    input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
    answers: {},
    ends: "output",
  },
  {
    name: "a replacement",
    input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
    answers: { "DynamoDB.getItem": [result({ Item: avatarRow(olderId) })], "DynamoDB.updateItem": [sawFirst(olderId)] },
    ends: "output",
  },
  {
    name: "an upload older than the avatar in use",
    input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
    answers: { "DynamoDB.getItem": [result({ Item: avatarRow(newerId) })], "DynamoDB.updateItem": [sawFirst(newerId)] },
    ends: "SUPERSEDED",
  },
  {
    name: "a second try, after another upload took the place that it had taken",
    input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
    answers: {
      "DynamoDB.getItem": [result({ Item: avatarRow(newerId) }), result({ Item: avatarRow(newerId) })],
      "DynamoDB.updateItem": [sawFirst(olderId)],
    },
    ends: "SUPERSEDED",
  },
  {
    name: "a row that changed while it was replaced",
    input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
    answers: { "DynamoDB.putItem": [condition] },
    ends: "Unavailable",
  },
  ...faults({ photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] }, "DynamoDB.putItem"),
];
