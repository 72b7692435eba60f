import type { ReasonCode } from "../lib/reasons";

export const checkDuplicateErrors: readonly ReasonCode[] = [
  "DUPLICATE_FACE",
  "NO_FACE",
  "FILE_CORRUPT",
  "FILE_TOO_LARGE",
];
