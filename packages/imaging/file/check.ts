/**
 * The checks of a photo file before anything decodes it. A file of its own in the Lambda layer as well, beside the
 * decoders: a function that only checks files loads a tenth of the layer.
 */
export { checkWhole, readImageHeader } from "./header";
export { fileKind } from "./kind";
export { isPlain } from "./plain";
