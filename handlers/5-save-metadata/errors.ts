import type { ReasonCode } from "../contract/reasons";

export const saveMetadataErrors: readonly ReasonCode[] = ["SUPERSEDED"];
