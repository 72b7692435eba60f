import type { ReasonCode } from "../contract/reasons";

export const checkDuplicateErrors: readonly ReasonCode[] = [
  "DUPLICATE_FACE",
  "NO_FACE",
  "FILE_CORRUPT",
  "FILE_TOO_LARGE",
];
