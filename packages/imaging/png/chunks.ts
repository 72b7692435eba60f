import { inflateSync } from "node:zlib";
import { imagingError } from "../errors";

/** What a PNG says of itself before its pixels. */
export interface PngInfo {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly type: number;
  readonly channels: number;
  readonly interlaced: boolean;
  /** Red, green, blue of 256 colours (type 3), transparency already on white. */
  readonly palette: Uint8Array | undefined;
  /** The sample values that mean transparent: one (type 0) or three (type 2). */
  readonly key: readonly number[] | undefined;
  readonly profile: Buffer | undefined;
  /** Where in the file the first chunk of compressed pixels (IDAT) stands. */
  readonly dataStart: number;
}

const depthsByType: readonly (readonly number[] | undefined)[] = [
  [1, 2, 4, 8, 16],
  undefined,
  [8, 16],
  [1, 2, 4, 8],
  [8, 16],
  undefined,
  [8, 16],
];

function corrupt(message: string): Error {
  return imagingError("FILE_CORRUPT", message);
}

/** The names of the chunks of pixels and of the end. */
const idat = 0x49444154;
const iend = 0x49454e44;
/** What is kept of the chunks before the pixels. */
const kept = ["PLTE", "tRNS", "iCCP"];

/** Reads all chunks up to the first of the pixels. @throws FILE_CORRUPT */
export function readPngInfo(file: Buffer): PngInfo {
  const header = file.subarray(16, 29);
  const [depth = 0, type = 0, compression, filter, interlace = 0] = header.subarray(8);
  if (
    header.length < 13 ||
    !depthsByType[type]?.includes(depth) ||
    compression !== 0 ||
    filter !== 0 ||
    interlace > 1
  ) {
    throw corrupt(`The PNG's header (IHDR) has colour type ${type} with ${depth} bits, which PNG does not allow.`);
  }
  const chunks = new Map<string, Buffer>();
  let at = 33;
  for (; ; at += 12 + file.readUInt32BE(at)) {
    if (at + 12 > file.length) throw corrupt("The PNG ends before its pixels (IDAT).");
    const name = file.readUInt32BE(at + 4);
    if (name === idat) break;
    if (name === iend) throw corrupt("The PNG has no pixels (IDAT).");
    const end = at + 8 + file.readUInt32BE(at);
    const text = file.toString("latin1", at + 4, at + 8);
    if (kept.includes(text) && end <= file.length) chunks.set(text, file.subarray(at + 8, end));
  }
  const transparency = chunks.get("tRNS");
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    depth,
    type,
    channels: type === 2 ? 3 : type === 4 ? 2 : type === 6 ? 4 : 1,
    interlaced: interlace === 1,
    palette: type === 3 ? readPalette(chunks.get("PLTE"), transparency) : undefined,
    key: transparency && (type === 0 || type === 2) ? readKey(transparency, type === 0 ? 1 : 3) : undefined,
    profile: inflateProfile(chunks.get("iCCP")),
    dataStart: at,
  };
}

/**
 * The compressed pixels in pieces of one size. Writers cut them into chunks as they like, 8 KB or a few bytes, and
 * every piece costs the inflater a good part of what inflating it does.
 *
 * @param from where the first chunk of pixels stands; they end with the first chunk of another kind, or the file
 * @returns pieces that hold until the next is asked for
 */
export function* readPixels(file: Buffer, from: number, size: number): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(size);
  let filled = 0;
  for (let at = from; at + 8 <= file.length && file.readUInt32BE(at + 4) === idat; at += 12 + file.readUInt32BE(at)) {
    const end = Math.min(file.length, at + 8 + file.readUInt32BE(at));
    for (let next = at + 8; next < end;) {
      const copied = file.copy(piece, filled, next, end);
      next += copied;
      filled += copied;
      if (filled < size) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function readPalette(colours: Buffer | undefined, alphas: Buffer | undefined): Uint8Array {
  if (!colours || colours.length === 0 || colours.length % 3 !== 0 || colours.length > 768) {
    throw corrupt("The PNG lacks its palette (PLTE), or it is damaged.");
  }
  const palette = new Uint8Array(768);
  for (let at = 0; at < colours.length; at++) {
    const alpha = alphas?.[Math.floor(at / 3)] ?? 255;
    palette[at] = Math.round(((colours[at] ?? 0) * alpha + 255 * (255 - alpha)) / 255);
  }
  return palette;
}

function readKey(transparency: Buffer, count: number): readonly number[] | undefined {
  if (transparency.length < count * 2) return undefined;
  return Array.from({ length: count }, (_, n) => transparency.readUInt16BE(n * 2));
}

/** A profile that cannot be read is as none: the picture is shown as sRGB, as viewers do. */
function inflateProfile(chunk: Buffer | undefined): Buffer | undefined {
  const end = chunk?.indexOf(0) ?? -1;
  if (!chunk || end < 0) return undefined;
  try {
    return inflateSync(chunk.subarray(end + 2), { maxOutputLength: 4 * 1024 * 1024 });
  } catch {
    return undefined;
  }
}
