import type { ReasonCode } from "../lib/reasons";

export const undoErrors: readonly ReasonCode[] = [];
