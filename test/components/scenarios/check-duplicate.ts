import { avatarRow, failure, faults, format, match, olderId, photo, result, shown, type StepScenario } from "./shared";

export const checkDuplicateScenarios: readonly StepScenario[] = [
  {
    name: "the student's own face",
    input: { photo, format },
    answers: { "Rekognition.searchFacesByImage": [result({ FaceMatches: [match("face-1", "SV001", olderId)] })] },
    ends: "output",
  },
  {
    name: "another student's face",
    input: { photo, format },
    answers: {
      "Rekognition.searchFacesByImage": [result({ FaceMatches: [match("face-1", "SV002", olderId)] })],
      "DynamoDB.getItem": [result({}), result({ Item: avatarRow(olderId) })],
    },
    ends: "DUPLICATE_FACE",
  },
  {
    name: "a photo in which the search finds no face",
    input: { photo, format },
    answers: {
      "Rekognition.searchFacesByImage": [failure("InvalidParameterException", 400, "There are no faces in the image.")],
    },
    ends: "NO_FACE",
  },
  {
    name: "a file that Rekognition cannot read",
    input: { photo, format },
    answers: { "Rekognition.searchFacesByImage": [failure("InvalidImageFormatException")] },
    ends: "FILE_CORRUPT",
  },
  {
    name: "a file that Rekognition finds too large",
    input: { photo, format },
    answers: { "Rekognition.searchFacesByImage": [failure("ImageTooLargeException")] },
    ends: "FILE_TOO_LARGE",
  },
  ...shown({ photo }, {}),
  ...faults({ photo, format }, "Rekognition.searchFacesByImage"),
];
