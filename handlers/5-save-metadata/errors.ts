import type { ReasonCode } from "../lib/reasons";

export const saveMetadataErrors: readonly ReasonCode[] = ["SUPERSEDED"];
