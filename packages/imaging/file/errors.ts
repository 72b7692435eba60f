/** The reasons why a photo cannot become a thumbnail: the catalogue's codes that concern the file alone. */
export type ImagingErrorName = "FILE_CORRUPT" | "FORMAT_NOT_SUPPORTED" | "IMAGE_TOO_LARGE";

/**
 * An error that a `Catch` matches by name. It is a plain Error with a name, not a class, because the name has to
 * survive bundling, serialization, and the boundary between a step and its state machine.
 */
export function imagingError(name: ImagingErrorName, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name });
}

/** The most common of these errors. */
export function corrupt(message: string): Error {
  return imagingError("FILE_CORRUPT", message);
}
