import type { ReasonCode } from "../contract/reasons";

export const detectFaceErrors: readonly ReasonCode[] = [
  "NO_FACE",
  "MULTIPLE_FACES",
  "FACE_TOO_SMALL",
  "FACE_TOO_DARK",
  "FACE_BLURRED",
  "FACE_TURNED_AWAY",
  "SUNGLASSES",
  "FACE_COVERED",
  // Rekognition may refuse a file that passed CheckFormat.
  "FILE_CORRUPT",
  "FILE_TOO_LARGE",
];
