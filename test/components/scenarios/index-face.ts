import { avatarRow, failure, faults, match, newerId, photo, result, type StepScenario } from "./shared";

export const indexFaceScenarios: readonly StepScenario[] = [
  {
    name: "a new face",
    input: { photo },
    answers: { "Rekognition.indexFaces": [result({ FaceRecords: [{ Face: { FaceId: "face-1" } }] })] },
    ends: "output",
  },
  {
    name: "a face that was registered meanwhile",
    input: { photo },
    answers: {
      "Rekognition.indexFaces": [result({ FaceRecords: [{ Face: { FaceId: "face-1" } }] })],
      "Rekognition.searchFaces": [result({ FaceMatches: [match("face-2", "SV002", newerId)] })],
      "DynamoDB.getItem": [result({}), result({}), result({ Item: avatarRow(newerId, { face_id: { S: "face-2" } }) })],
    },
    ends: "DUPLICATE_FACE",
  },
  ...(
    [
      ["EXTREME_POSE", "FACE_TURNED_AWAY"],
      ["LOW_BRIGHTNESS", "FACE_TOO_DARK"],
      ["LOW_SHARPNESS", "FACE_BLURRED"],
      ["SMALL_BOUNDING_BOX", "FACE_TOO_SMALL"],
      ["LOW_CONFIDENCE", "NO_FACE"],
    ] as const
  ).map(([reason, ends]) => ({
    name: `a face left out for ${reason}`,
    input: { photo },
    answers: { "Rekognition.indexFaces": [result({ UnindexedFaces: [{ Reasons: [reason] }] })] },
    ends,
  })),
  ...(
    [
      ["InvalidImageFormatException", "FILE_CORRUPT"],
      ["ImageTooLargeException", "FILE_TOO_LARGE"],
    ] as const
  ).map(([name, ends]) => ({
    name: `a file that Rekognition refuses with ${name}`,
    input: { photo },
    answers: { "Rekognition.indexFaces": [failure(name)] },
    ends,
  })),
  ...faults({ photo }, "Rekognition.indexFaces"),
];
