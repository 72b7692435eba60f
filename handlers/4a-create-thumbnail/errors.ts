import type { ReasonCode } from "../contract/reasons";

/** What only a decoder finds out. */
export const createThumbnailErrors: readonly ReasonCode[] = ["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"];
