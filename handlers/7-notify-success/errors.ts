import type { ReasonCode } from "../contract/reasons";

export const notifySuccessErrors: readonly ReasonCode[] = [];
