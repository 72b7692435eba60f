import {
  avatarRow,
  face,
  failure,
  faults,
  format,
  match,
  newerId,
  photo,
  result,
  shown,
  type StepScenario,
} from "./shared";

const input = { photo, format, face };

const indexed = ({ left, top, width, height }: typeof face.box) => ({
  Face: { FaceId: "face-1", BoundingBox: { Left: left, Top: top, Width: width, Height: height } },
});

export const indexFaceScenarios: readonly StepScenario[] = [
  {
    name: "a new face",
    input,
    answers: { "Rekognition.indexFaces": [result({ FaceRecords: [indexed(face.box)] })] },
    ends: "output",
  },
  {
    name: "a face that was registered meanwhile",
    input,
    answers: {
      "Rekognition.indexFaces": [result({ FaceRecords: [indexed(face.box)] })],
      "Rekognition.searchFaces": [result({ FaceMatches: [match("face-2", "SV002", newerId)] })],
      "DynamoDB.getItem": [result({}), result({}), result({ Item: avatarRow(newerId, { face_id: { S: "face-2" } }) })],
    },
    ends: "DUPLICATE_FACE",
  },
  {
    name: "another face than the judged one",
    input,
    answers: { "Rekognition.indexFaces": [result({ FaceRecords: [indexed({ ...face.box, left: 0.8, width: 0.1 })] })] },
    ends: "MULTIPLE_FACES",
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
    input,
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
    input,
    answers: { "Rekognition.indexFaces": [failure(name)] },
    ends,
  })),
  ...shown({ photo, face }, { "Rekognition.indexFaces": [result({ FaceRecords: [indexed(face.box)] })] }),
  ...faults(input, "Rekognition.indexFaces"),
];
