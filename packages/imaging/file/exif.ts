import { hasText, uint16, uint32 } from "./bytes";

/**
 * The orientation, 1 to 8, in a JPEG's APP1 payload; undefined if the payload is not EXIF.
 *
 * Exif 2.32, 4.7.2 requires two zeros after "Exif". Some cameras write another byte in place of the second, and Blink,
 * Gecko and WebKit check only the first.
 */
export function exifOrientation(payload: Uint8Array): number | undefined {
  return hasText(payload, 0, "Exif\0") ? tiffOrientation(payload.subarray(6)) : undefined;
}

/**
 * The orientation, 1 to 8, of EXIF data that start with their TIFF header, as in PNG's eXIf chunk.
 *
 * Damaged data and data without an orientation count as 1: viewers show such photos as they are stored. Only the first
 * directory (IFD0) is read, since the next one describes the preview.
 */
export function tiffOrientation(tiff: Uint8Array): number {
  // TIFF 6.0, section 2: byte order, 42, the first directory's offset; a directory is a count and entries of 12 bytes.
  const order = uint16(tiff, 0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const read16 = (at: number): number => (little ? (tiff[at] ?? 0) | ((tiff[at + 1] ?? 0) << 8) : uint16(tiff, at));
  const directory = little ? read16(4) + read16(6) * 65536 : uint32(tiff, 4);
  if (read16(2) !== 42) return 1;
  const entries = read16(directory);
  // A directory that claims 65,535 entries costs no more than the entries that fit into the data.
  for (let entry = 0; entry < entries && directory + 14 + entry * 12 <= tiff.length; entry++) {
    const at = directory + 2 + entry * 12;
    if (read16(at) !== 0x0112) continue;
    const value = read16(at + 8);
    // Type 3 is SHORT, the only type of an orientation; its value is in the entry itself.
    return read16(at + 2) === 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
