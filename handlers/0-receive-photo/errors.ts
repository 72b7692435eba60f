import type { ReasonCode } from "../contract/reasons";

/** ReceivePhoto judges nothing: all that can happen to it is a fault of ours. */
export const receivePhotoErrors: readonly ReasonCode[] = [];
