import type { ReasonCode } from "../contract/reasons";

export const indexFaceErrors: readonly ReasonCode[] = [
  "DUPLICATE_FACE",
  "NO_FACE",
  "FACE_TOO_SMALL",
  "FACE_TOO_DARK",
  "FACE_BLURRED",
  "FACE_TURNED_AWAY",
  "FILE_CORRUPT",
  "FILE_TOO_LARGE",
];
