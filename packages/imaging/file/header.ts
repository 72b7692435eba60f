import { imagingError } from "./errors";
import { checkWholeJpeg, readJpegHeader } from "./jpeg";
import { fileKind } from "./kind";
import { checkWholePng, readUprightPngHeader } from "./png";

/** The facts in a photo's header, read before a single pixel is decoded. */
export interface ImageHeader {
  readonly format: "jpeg" | "png";
  /** Pixels of the upright photo: orientations 5 to 8 have width and height exchanged here. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8; of a PNG that of its eXIf chunk. */
  readonly orientation: number;
  /** JPEG: whether the photo is progressive. PNG: whether it is interlaced (Adam7). */
  readonly progressive: boolean;
}

/**
 * Reads format, upright size and orientation from the first bytes of a file. The file's declared name and type are
 * ignored.
 *
 * The bytes must reach the frame header (JPEG) or the header chunk (PNG); for the orientation, the first pixel data.
 * Whole files always do.
 *
 * @throws FORMAT_NOT_SUPPORTED neither JPEG nor PNG by its bytes, or a kind of JPEG that no camera writes
 *   (lossless, hierarchical, arithmetic-coded, 12 bits). FILE_CORRUPT the header is damaged or ends early.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const kind = fileKind(bytes);
  if (kind === "jpeg") return readJpegHeader(bytes);
  if (kind === "png") return readUprightPngHeader(bytes);
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw imagingError(
    "FORMAT_NOT_SUPPORTED",
    `The file starts with "${start}", which is neither JPEG (ff d8 ff) nor PNG (89 50 4e 47); send a JPEG or PNG photo.`,
  );
}

/**
 * Checks that a JPEG or PNG, whose header has been read, is complete to its last row: without decoding, by its
 * structure, or by its compressed data if the structure has no end. Damage that no viewer rejects is ignored.
 *
 * Check the size first: for JPEGs without an end, the work grows with the size.
 *
 * @param checksum zlib's CRC-32, to verify a PNG's pixels with; undefined skips this check
 * @returns the photo's bytes, in parts: the file, or the file up to its last row plus the missing end, without which
 *   `createImageBitmap` refuses it
 * @throws FILE_CORRUPT
 */
export function checkWhole(
  bytes: Uint8Array,
  { format }: ImageHeader,
  checksum?: (bytes: Uint8Array) => number,
): readonly Uint8Array[] {
  const end = format === "jpeg" ? checkWholeJpeg(bytes) : checkWholePng(bytes, checksum);
  if (end === undefined) return [bytes];
  // T.81, table B.1, and PNG, 11.2.5
  const missing = format === "jpeg" ? [0xff, 0xd9] : [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];
  return [bytes.subarray(0, end), Uint8Array.from(missing)];
}
