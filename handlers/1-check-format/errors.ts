import type { ReasonCode } from "../contract/reasons";

export const checkFormatErrors: readonly ReasonCode[] = [
  "FORMAT_NOT_SUPPORTED",
  "FORMAT_MISMATCH",
  "FILE_TOO_LARGE",
  "FILE_CORRUPT",
  "IMAGE_TOO_SMALL",
  "IMAGE_TOO_LARGE",
];
