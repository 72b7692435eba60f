import type { ReasonCode } from "../lib/reasons";

export const notifyFailureErrors: readonly ReasonCode[] = [];
