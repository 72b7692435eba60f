/**
 * The most that is read of a photo, whoever reads it. Pixels are the caller's limit.
 */

/**
 * Scans of a JPEG. Cameras and web services write about 10 (libjpeg's default progression). Each scan makes a decoder
 * go over all coefficients again, so that a small file of thousands of scans costs minutes.
 */
export const maxScans = 64;

/** Blocks in a unit (MCU) of an interleaved scan: T.81, B.2.3. The decoder's window has room for no larger unit. */
export const maxBlocksOfUnit = 10;
