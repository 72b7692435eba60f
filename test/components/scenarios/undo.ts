import {
  avatarRow,
  event,
  execution,
  failedState,
  faults,
  replaces,
  result,
  uploadId,
  uploadRow,
  versions,
  type StepScenario,
} from "./shared";

export const undoScenarios: readonly StepScenario[] = [
  { name: "nothing that was claimed", input: { event, execution, state: {}, failed: [] }, answers: {}, ends: "output" },
  {
    name: "what was claimed, and not told",
    input: { event, execution, state: {}, failed: [] },
    answers: {
      "DynamoDB.getItem": [
        result({ Item: uploadRow({ confirmed: { BOOL: true } }) }),
        result({ Item: uploadRow({ face_id: { S: "face-9" }, confirmed: { BOOL: true } }) }),
        result({}),
      ],
      "S3.listObjectVersions": [versions],
    },
    ends: "output",
  },
  {
    name: "an upload that is another's by now",
    input: { event, execution, ...failedState("NO_FACE") },
    answers: {},
    ends: "output",
  },
  {
    name: "a refused photo, whose face has no recorded id",
    input: { event, execution, ...failedState("NO_FACE") },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() }), result({})],
      "Rekognition.listFaces": [result({ Faces: [{ FaceId: "face-9", ExternalImageId: `SV001:${uploadId}` }] })],
      "S3.listObjectVersions": [versions],
    },
    ends: "output",
  },
  {
    name: "a fault of ours after the avatar was saved",
    input: { event, execution, ...failedState("Unavailable") },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow() }), result({ Item: avatarRow(uploadId, { replaces }) })],
    },
    ends: "output",
  },
  {
    name: "a face that Rekognition does not delete",
    input: { event, execution, ...failedState("NO_FACE") },
    answers: {
      "DynamoDB.getItem": [result({ Item: uploadRow({ face_id: { S: "face-9" } }) }), result({})],
      "Rekognition.deleteFaces": [
        result({ UnsuccessfulFaceDeletions: [{ Reasons: ["ASSOCIATED_TO_AN_EXISTING_USER"] }] }),
      ],
    },
    ends: "FaceNotDeleted",
  },
  ...faults({ event, execution, ...failedState("NO_FACE") }, "DynamoDB.getItem"),
];
