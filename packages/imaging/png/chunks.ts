import { inflateSync } from "node:zlib";
import { uint16 } from "../file/bytes";
import { corrupt } from "../file/errors";
import { chunkAt, idat } from "../file/png-chunks";
import { readPngHeader, type PngHeader } from "../file/png-header";
import { channelsOf } from "../file/png-pixels";

/** The parts of a PNG before its pixels that the decoder needs. */
export interface PngInfo extends Omit<PngHeader, "palette" | "profile" | "transparency"> {
  readonly channels: number;
  /** Red, green, blue of 256 colours (type 3), transparency already on white. */
  readonly palette: Uint8Array | undefined;
  /** The sample values that mean transparent: one (type 0) or three (type 2). */
  readonly key: readonly number[] | undefined;
  readonly profile: Buffer | undefined;
}

/** @throws FILE_CORRUPT */
export function readPngInfo(file: Buffer): PngInfo {
  const header = readPngHeader(file);
  const { type, depth, transparency } = header;
  if (chunkAt(file, header.dataStart)?.type !== idat) throw corrupt("The PNG has no pixels (IDAT).");
  return {
    ...header,
    channels: channelsOf(header),
    palette: type === 3 ? readPalette(header.palette, transparency) : undefined,
    key: transparency && (type === 0 || type === 2) ? readKey(transparency, type === 0 ? 1 : 3, depth) : undefined,
    profile: inflateProfile(header.profile),
  };
}

/**
 * The compressed pixels in pieces of one size. Writers choose the chunk size freely, 8 KB or a few bytes, and the
 * inflater's overhead for each piece is a large part of the inflating itself.
 *
 * @param from start of the first pixel chunk; the pixels end at the first chunk of another kind or the end of the file
 * @returns pieces that are valid until the next one is requested
 */
export function* readPixels(file: Buffer, from: number, size: number): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(size);
  let filled = 0;
  for (let chunk = chunkAt(file, from); chunk?.type === idat; chunk = chunkAt(file, chunk.next)) {
    const end = Math.min(file.length, chunk.end);
    for (let next = chunk.from; next < end;) {
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

function readPalette(colours: Uint8Array | undefined, alphas: Uint8Array | undefined): Uint8Array {
  if (!colours || colours.length === 0 || colours.length % 3 !== 0 || colours.length > 768) {
    throw corrupt("The PNG lacks its palette (PLTE), or it is damaged.");
  }
  const palette = new Uint8Array(768);
  colours.forEach((colour, at) => {
    const alpha = alphas?.[Math.floor(at / 3)] ?? 255;
    palette[at] = Math.round((colour * alpha + 255 * (255 - alpha)) / 255);
  });
  return palette;
}

/** PNG, 11.3.1.1: two bytes per sample; only the bits of the image's own depth count. */
function readKey(transparency: Uint8Array, count: number, depth: number): readonly number[] | undefined {
  if (transparency.length < count * 2) return undefined;
  return Array.from({ length: count }, (_, n) => uint16(transparency, n * 2) & ((1 << depth) - 1));
}

/** An unreadable profile is ignored: the picture is shown as sRGB, as in viewers. */
function inflateProfile(chunk: Uint8Array | undefined): Buffer | undefined {
  const end = chunk?.indexOf(0) ?? -1;
  if (!chunk || end < 0) return undefined;
  try {
    return inflateSync(chunk.subarray(end + 2), { maxOutputLength: 4 * 1024 * 1024 });
  } catch {
    return undefined;
  }
}
