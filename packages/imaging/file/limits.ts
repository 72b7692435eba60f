/**
 * The limits of every reader of a photo. The caller sets the limit of pixels.
 */

/**
 * Scans of a JPEG. Cameras and web services write about 10 (libjpeg's default progression). Each scan makes a decoder
 * go over all coefficients again, so a small file with thousands of scans would take minutes.
 */
export const maxScans = 64;

/** Blocks in a unit (MCU) of an interleaved scan: T.81, B.2.3. The decoder's window cannot hold a larger unit. */
export const maxBlocksOfUnit = 10;
