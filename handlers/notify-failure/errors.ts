import type { ReasonCode } from "../contract/reasons";

export const notifyFailureErrors: readonly ReasonCode[] = [];
