import type { ReasonCode } from "../contract/reasons";

export const undoErrors: readonly ReasonCode[] = [];
