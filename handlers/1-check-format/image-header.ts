/**
 * What a JPEG or PNG file says of itself, read from its structure without decoding a pixel.
 *
 * Pure functions of the bytes, bounded by the file's length: no allocation grows with what a header claims.
 */
import { crc32 } from "node:zlib";

export type FileKind = "jpeg" | "png" | "gif" | "webp" | "heic" | "avif" | "bmp" | "tiff" | "pdf" | "unknown";

export interface ImageHeader {
  /** Stored pixels, before any orientation. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1–8; 1 when absent, and always 1 for PNG, which Rekognition does not turn. */
  readonly orientation: number;
  /** JPEG: the number of scans. PNG: 1, or 7 when interlaced. */
  readonly scans: number;
  /** JPEG: what it is that the thumbnail step cannot decode, when it is such. */
  readonly unsupported?: string;
}

/** What is wrong with a file's structure, in one sentence. */
export interface Damage {
  readonly damage: string;
}

/** Tells a file's kind by its first bytes. */
export function fileKind(bytes: Buffer): FileKind {
  const starts = (hex: string, at = 0) => bytes.subarray(at, at + hex.length / 2).toString("hex") === hex;
  const ascii = (text: string, at: number) => bytes.subarray(at, at + text.length).toString("latin1") === text;
  if (starts("ffd8ff")) return "jpeg";
  if (starts("89504e470d0a1a0a")) return "png";
  if (ascii("GIF8", 0)) return "gif";
  if (ascii("RIFF", 0) && ascii("WEBP", 8)) return "webp";
  if (ascii("ftyp", 4))
    return ascii("avi", 8) ? "avif" : /^(hei|hev|mif1|msf1)/.test(bytes.toString("latin1", 8, 12)) ? "heic" : "unknown";
  if (ascii("BM", 0)) return "bmp";
  if (starts("49492a00") || starts("4d4d002a")) return "tiff";
  if (ascii("%PDF", 0)) return "pdf";
  return "unknown";
}

/**
 * Reads a JPEG's frame, orientation and scans, and whether it is whole.
 *
 * It has to come to the same upright size as the thumbnail step's decoder (packages/imaging/header.ts): a square that is cut
 * from one reading of the photo does not fit into another. Where a file allows two readings, both take the stricter.
 */
export function readJpegHeader(bytes: Buffer): ImageHeader | Damage {
  let frame: Pick<ImageHeader, "width" | "height" | "unsupported"> | undefined;
  let orientation: number | undefined;
  /** Blocks that each component has in a unit of an interleaved scan; where an id comes twice, the first counts. */
  const blocks = new Map<number, number>();
  let scans = 0;
  let at = 2;
  for (;;) {
    // Any number of fill bytes may stand before a marker.
    if (bytes[at] !== 0xff) return { damage: `no marker at byte ${at}` };
    while (bytes[at] === 0xff) at += 1;
    const marker = bytes[at];
    at += 1;
    if (marker === undefined) return { damage: "the file ends before its end-of-image marker" };
    if (marker === 0xd9) break;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    if (marker === 0x00 || marker === 0xd8) return { damage: `ff${marker === 0 ? "00" : "d8"} in place of a segment` };
    if (at + 2 > bytes.length) return { damage: "the file ends inside a segment" };
    const length = bytes.readUInt16BE(at);
    const end = at + length;
    if (length < 2 || end > bytes.length)
      return { damage: `the segment at byte ${at - 2} reaches outside of the file` };
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      if (length < 8) return { damage: "the frame header is too short" };
      if (frame !== undefined) return { damage: "there is more than one frame" };
      const unsupported = unsupportedFrame(marker - 0xc0, bytes[at + 2] ?? 0, bytes[at + 7] ?? 0);
      frame = {
        height: bytes.readUInt16BE(at + 3),
        width: bytes.readUInt16BE(at + 5),
        ...(unsupported === undefined ? {} : { unsupported }),
      };
      for (let entry = at + 8; entry + 3 <= end; entry += 3) {
        const [id = 0, sampling = 0] = bytes.subarray(entry, end);
        if (!blocks.has(id)) blocks.set(id, (sampling >> 4) * (sampling & 15));
      }
    } else if (marker === 0xe1 && frame === undefined) {
      orientation ??= exifOrientation(bytes.subarray(at + 2, end));
    }
    if (marker === 0xda && blocksOfScan(bytes.subarray(at + 2, end), blocks) > 10) {
      return { damage: `the scan at byte ${at - 2} has more than the 10 blocks a unit that JPEG allows` };
    }
    at = end;
    if (marker === 0xda) {
      scans += 1;
      at = endOfScan(bytes, at);
    }
  }
  if (frame === undefined) return { damage: "there is no frame header" };
  if (scans === 0) return { damage: "there is no scan" };
  return { ...frame, orientation: orientation ?? 1, scans };
}

/** Kinds of JPEG that no camera writes, and that are not worth three calls of Rekognition to find out. */
function unsupportedFrame(kind: number, bits: number, components: number): string | undefined {
  if (kind > 2) return `of the kind SOF${kind} (lossless, hierarchical or arithmetic)`;
  if (bits !== 8) return `of ${bits} bits a sample`;
  return [1, 3, 4].includes(components) ? undefined : `of ${components} colour components`;
}

/** How many blocks a unit of a scan has: one where a component is alone in it. */
function blocksOfScan(header: Buffer, blocks: ReadonlyMap<number, number>): number {
  const count = header[0] ?? 0;
  if (count < 2) return count;
  let sum = 0;
  for (let n = 0; n < count; n += 1) sum += blocks.get(header[1 + n * 2] ?? -1) ?? 0;
  return sum;
}

/** Where the next marker after a scan's entropy-coded data stands: stuffed zeros and restart markers belong to it. */
function endOfScan(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    const next = bytes[at + 1];
    if (next === undefined) return at;
    const belongs = next === 0x00 || (next >= 0xd0 && next <= 0xd7);
    if (!belongs && next !== 0xff) return at;
    at += belongs ? 2 : 1;
  }
}

/** The orientation that an APP1 segment tells, 1 when nothing that means anything; undefined when it is not EXIF. */
function exifOrientation(segment: Buffer): number | undefined {
  if (segment.toString("latin1", 0, 6) !== "Exif\0\0") return undefined;
  const tiff = segment.subarray(6);
  const order = tiff.toString("latin1", 0, 2);
  if (order !== "II" && order !== "MM") return 1;
  const little = order === "II";
  const u16 = (at: number) => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (at + 4 > tiff.length ? 0 : little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (u16(2) !== 42) return 1;
  const directory = u32(4);
  const entries = u16(directory);
  // A directory that says it has 65,535 entries costs no more than those that the segment has room for.
  for (let i = 0; i < entries && directory + 14 + i * 12 <= tiff.length; i += 1) {
    const entry = directory + 2 + i * 12;
    if (u16(entry) !== 0x0112) continue;
    const value = u16(entry + 8);
    // Type 3 is SHORT, the only one that an orientation has.
    return u16(entry + 2) === 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Reads a PNG's header, and whether every chunk up to its end is whole. */
export function readPngHeader(bytes: Buffer): ImageHeader | Damage {
  let header: ImageHeader | undefined;
  let hasData = false;
  let at = 8;
  for (;;) {
    if (at + 12 > bytes.length) return { damage: "the file ends before its IEND chunk" };
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) return { damage: `the ${printable(type)} chunk at byte ${at} reaches outside of the file` };
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
      return { damage: `the checksum of the ${printable(type)} chunk at byte ${at} is wrong` };
    }
    if ((type === "IHDR") !== (header === undefined))
      return { damage: "the IHDR chunk is not the first, or not alone" };
    if (type === "IHDR") {
      if (length !== 13) return { damage: "the IHDR chunk is not 13 bytes" };
      header = {
        width: bytes.readUInt32BE(at + 8),
        height: bytes.readUInt32BE(at + 12),
        orientation: 1,
        scans: bytes[at + 20] === 1 ? 7 : 1,
      };
    }
    if (type === "IDAT") hasData = true;
    if (type === "IEND") break;
    at = end;
  }
  if (header === undefined || !hasData) return { damage: "there is no image data" };
  return header;
}

function printable(type: string): string {
  return /^[A-Za-z]{4}$/.test(type) ? type : "unnamed";
}
