/** Why a photo cannot become a thumbnail: codes of the catalogue of reasons that concern the file alone. */
export type ImagingErrorName = "FILE_CORRUPT" | "FORMAT_NOT_SUPPORTED" | "IMAGE_TOO_LARGE";

/**
 * An error that a `Catch` finds by its name. A plain Error with a name, not a class of its own: the name has to
 * survive bundling, serialization, and the border between a step and its state machine.
 */
export function imagingError(name: ImagingErrorName, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name });
}

/** The commonest of them. */
export function corrupt(message: string): Error {
  return imagingError("FILE_CORRUPT", message);
}
