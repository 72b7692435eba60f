import type { ReasonCode } from "../contract/reasons";

export const deleteOriginalErrors: readonly ReasonCode[] = [];
