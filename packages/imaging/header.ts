import { imagingError } from "./errors";

/** What a photo's header tells, before a single pixel is decoded. */
export interface ImageHeader {
  readonly format: "jpeg" | "png";
  /** Pixels of the upright photo: EXIF orientations 5 to 8 have width and height exchanged here. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1 to 8 of a JPEG. Always 1 for PNG, which is taken as it is stored (as Rekognition does). */
  readonly orientation: number;
  /** JPEG: whether the photo is progressive. PNG: whether it is interlaced (Adam7). */
  readonly progressive: boolean;
}

/**
 * Reads format, upright size and orientation from the first bytes of a file. The name and type that came with the
 * file play no part.
 *
 * The bytes must reach the frame header, which follows EXIF, ICC profile and previews: whole files always do.
 *
 * @throws FORMAT_NOT_SUPPORTED neither JPEG nor PNG by its bytes, or a kind of JPEG that no camera writes
 *   (lossless, hierarchical, arithmetic, 12 bit). FILE_CORRUPT the header is damaged or ends early.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return readJpegHeader(bytes);
  if (isPng(bytes)) return readPngHeader(bytes);
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw imagingError(
    "FORMAT_NOT_SUPPORTED",
    `The file starts with "${start}", which is neither JPEG (ff d8 ff) nor PNG (89 50 4e 47); send a JPEG or PNG photo.`,
  );
}

function isPng(bytes: Uint8Array): boolean {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return signature.every((byte, index) => bytes[index] === byte);
}

/** Big-endian, as all of JPEG and PNG; bytes past the end count as 0, so callers check the length first. */
function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 65536 + u16(bytes, at + 2);
}

function readJpegHeader(bytes: Uint8Array): ImageHeader {
  let orientation: number | undefined;
  let at = 2;
  for (;;) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (at < bytes.length && bytes[at] === 0xff) at++;
    const marker = bytes[at];
    if (marker === undefined) throw imagingError("FILE_CORRUPT", "The JPEG ends before its frame header (SOF).");
    at++;
    if (marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker === 0xd9 || marker === 0xda) {
      throw imagingError("FILE_CORRUPT", "The JPEG has image data before its frame header (SOF).");
    }
    const length = u16(bytes, at);
    if (length < 2 || at + length > bytes.length) {
      throw imagingError("FILE_CORRUPT", `The JPEG ends inside its marker ff${marker.toString(16)}.`);
    }
    if (marker === 0xe1) {
      // The first EXIF counts, as for browsers and libvips.
      orientation ??= readExifOrientation(bytes.subarray(at + 2, at + length));
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return readFrameHeader(bytes, at, length, marker, orientation ?? 1);
    }
    at += length;
  }
}

function readFrameHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  marker: number,
  orientation: number,
): ImageHeader {
  if (marker > 0xc2) {
    throw imagingError(
      "FORMAT_NOT_SUPPORTED",
      `The JPEG is of the kind SOF${marker - 0xc0} (lossless, hierarchical or arithmetic); save it as a baseline or progressive JPEG.`,
    );
  }
  if (length < 11) throw imagingError("FILE_CORRUPT", "The JPEG's frame header (SOF) is too short.");
  const precision = bytes[at + 2];
  if (precision !== 8) {
    throw imagingError(
      "FORMAT_NOT_SUPPORTED",
      `The JPEG has ${precision} bits a sample; save it with 8 bits a sample.`,
    );
  }
  const height = u16(bytes, at + 3);
  const width = u16(bytes, at + 5);
  if (width === 0 || height === 0) {
    throw imagingError("FILE_CORRUPT", `The JPEG says it has ${width}×${height} pixels; neither side can be 0.`);
  }
  const turned = orientation >= 5;
  return {
    format: "jpeg",
    width: turned ? height : width,
    height: turned ? width : height,
    orientation,
    progressive: marker === 0xc2,
  };
}

/**
 * The orientation of an APP1 payload, or undefined when it is not EXIF. EXIF that is damaged or has none counts as 1:
 * viewers show such photos as they are stored, and so do we.
 */
function readExifOrientation(payload: Uint8Array): number | undefined {
  const prefix = [0x45, 0x78, 0x69, 0x66, 0x00, 0x00];
  if (!prefix.every((byte, index) => payload[index] === byte)) return undefined;
  const tiff = payload.subarray(6);
  const order = u16(tiff, 0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const read16 = (at: number): number => (little ? (tiff[at] ?? 0) | ((tiff[at + 1] ?? 0) << 8) : u16(tiff, at));
  const read32 = (at: number): number => (little ? read16(at) + read16(at + 2) * 65536 : u32(tiff, at));
  const directory = read32(4);
  if (read16(2) !== 42 || directory + 2 > tiff.length) return 1;
  const entries = read16(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    // 0x0112 is Orientation: one SHORT (type 3), its value in the entry itself.
    if (read16(at) !== 0x0112) continue;
    const value = read16(at + 8);
    return read16(at + 2) === 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function readPngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 33) throw imagingError("FILE_CORRUPT", "The PNG ends inside its header (IHDR).");
  if (u32(bytes, 8) !== 13 || u32(bytes, 12) !== 0x49484452) {
    throw imagingError("FILE_CORRUPT", "The PNG does not start with its header (IHDR).");
  }
  const width = u32(bytes, 16);
  const height = u32(bytes, 20);
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    throw imagingError("FILE_CORRUPT", `The PNG says it has ${width}×${height} pixels; a side is 1 to 2147483647.`);
  }
  return { format: "png", width, height, orientation: 1, progressive: bytes[28] === 1 };
}
