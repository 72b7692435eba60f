import type { ReasonCode } from "../lib/reasons";

export const notifySuccessErrors: readonly ReasonCode[] = [];
