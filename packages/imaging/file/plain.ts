import { uint16 } from "./bytes";
import { readFrame, type Frame } from "./jpeg-frame";
import { readScan } from "./jpeg-scan";
import { app0, dht, dqt, eoi, nextMarker, sos } from "./jpeg-segments";
import { fileKind } from "./kind";
import { chunkAt, nameOfChunk } from "./png-chunks";

/** T.81, table B.1: a comment, and the frame of a baseline JPEG. */
const com = 0xfe;
const sof0 = 0xc0;

/** The chunks of a plain PNG: those of its pixels, and those that no decoder shows. */
const plainChunks = ["IHDR", "IDAT", "IEND", "pHYs", "tIME", "tEXt", "zTXt", "iTXt"];

/**
 * Whether every decoder sees the same picture in a file: a baseline JPEG of one scan, grey or of YCbCr by its
 * components' ids, with its own tables, no restart markers, and no segments but JFIF's and comments; or a PNG of 8 bits,
 * grey or RGB, not interlaced, with nothing about transparency, colours or orientation.
 *
 * Decoders may differ on everything else: on a colour profile, an orientation, transparency, Adobe's colour transform,
 * the order of progressive scans, lost restart markers, and bytes that no segment owns. A file can then be made to show
 * one person to one decoder and somebody else to another. Data behind the end marker are no part of the picture.
 *
 * @param bytes a photo that passed `checkWhole`
 * @throws FILE_CORRUPT if the frame or the scan has a damaged header
 */
export function isPlain(bytes: Uint8Array): boolean {
  const kind = fileKind(bytes);
  return kind === "png" ? isPlainPng(bytes) : kind === "jpeg" && isPlainJpeg(bytes);
}

/** PNG, 11.2.1: IHDR has the depth, colour type 0 (grey) or 2 (RGB), and the interlace method at bytes 8, 9 and 12. */
function isPlainPng(bytes: Uint8Array): boolean {
  const header = bytes.subarray(16, 29);
  if (header[8] !== 8 || (header[9] !== 0 && header[9] !== 2) || header[12] !== 0) return false;
  for (let at = 8; ;) {
    const chunk = chunkAt(bytes, at);
    const name = chunk === undefined ? undefined : nameOfChunk(chunk.type);
    if (chunk === undefined || name === undefined || !plainChunks.includes(name)) return false;
    if (name === "IEND") return chunk.next <= bytes.length;
    at = chunk.next;
  }
}

function isPlainJpeg(bytes: Uint8Array): boolean {
  const seen = { tables: false, huffman: false };
  let frame: Frame | undefined;
  for (let at = 2; ;) {
    const marker = bytes[at + 1] ?? 0;
    const end = at + 2 + uint16(bytes, at + 2);
    if (bytes[at] !== 0xff || end > bytes.length || end < at + 4) return false;
    const payload = bytes.subarray(at + 4, end);
    if (marker === sof0 && frame === undefined) frame = readFrame(marker, payload);
    else if (marker === dqt) seen.tables = true;
    else if (marker === dht) seen.huffman = true;
    else if (marker === sos) {
      if (frame === undefined || !seen.tables || !seen.huffman || !hasPlainColours(frame)) return false;
      return isWholeScan(payload, frame) && bytes[nextMarker(bytes, end) + 1] === eoi;
    } else if (marker !== com && !(marker === app0 && isJfif(payload))) return false;
    at = end;
  }
}

/** Libjpeg takes other ids for RGB or asks Adobe's segment. */
function hasPlainColours({ components }: Frame): boolean {
  return components.length === 1 || (components.length === 3 && components.every(({ id }, n) => id === n + 1));
}

/** Whether the scan has all components, from the first coefficient to the last one, at full precision. */
function isWholeScan(payload: Uint8Array, frame: Frame): boolean {
  const scan = readScan(payload, frame);
  return (
    scan.components.length === frame.components.length &&
    scan.components.every(({ index }, n) => index === n) &&
    scan.spectralStart === 0 &&
    scan.spectralEnd === 63 &&
    scan.highBit === 0 &&
    scan.lowBit === 0
  );
}

/** JFIF, B.1 and B.2: APP0 with "JFIF" or, for a preview, "JFXX". */
function isJfif(payload: Uint8Array): boolean {
  const name = String.fromCharCode(...payload.subarray(0, 5));
  return name === "JFIF\0" || name === "JFXX\0";
}
