import type { ReasonCode } from "../lib/reasons";

export const deleteOriginalErrors: readonly ReasonCode[] = [];
