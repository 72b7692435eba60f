import { uint32 } from "./bytes";
import { corrupt } from "./errors";
import { tiffOrientation } from "./exif";
import { chunkAt, eXIf, iCCP, idat, iend, ihdr, isSound, plte, tRNS, type Chunk } from "./png-chunks";

/** The facts in a PNG before its pixels. */
export interface PngHeader {
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly type: number;
  readonly interlaced: boolean;
  /** 1 to 8, as in EXIF. */
  readonly orientation: number;
  /** The data of the chunks that concern the colours. */
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly profile: Uint8Array | undefined;
  /** The start of the first chunk of compressed pixels (IDAT). */
  readonly dataStart: number;
}

/** PNG, table 11.1: the depths that a colour type allows. */
const depthsByType: readonly (readonly number[])[] = [
  [1, 2, 4, 8, 16],
  [],
  [8, 16],
  [1, 2, 4, 8],
  [8, 16],
  [],
  [8, 16],
];

/**
 * Reads a PNG up to its pixels.
 *
 * An ancillary chunk with a wrong checksum is skipped, as libpng, and with it every browser, does. If a type occurs
 * several times, the first chunk counts (PNG, 5.6, allows one).
 *
 * @throws FILE_CORRUPT
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const header = chunkAt(bytes, 8);
  if (header === undefined || header.next > bytes.length) throw corrupt("The PNG ends inside its header (IHDR).");
  if (header.type !== ihdr || header.end - header.from !== 13) {
    throw corrupt("The PNG does not start with its header (IHDR).");
  }
  if (!isSound(bytes, header)) throw corrupt("The PNG's header (IHDR) has a wrong checksum.");
  const { from } = header;
  const [width, height] = [uint32(bytes, from), uint32(bytes, from + 4)];
  const [depth = 0, type = 0, compression, filter, interlace = 0] = bytes.subarray(from + 8, header.end);
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    throw corrupt(`The PNG's header says ${width}×${height} pixels; a side is 1 to 2147483647.`);
  }
  if (depthsByType[type]?.includes(depth) !== true || compression !== 0 || filter !== 0 || interlace > 1) {
    throw corrupt(`The PNG's header (IHDR) has colour type ${type} with ${depth} bits, which PNG does not allow.`);
  }
  const { chunks, dataStart } = readChunks(bytes, header.next);
  const exif = chunks[eXIf];
  return {
    width,
    height,
    depth,
    type,
    interlaced: interlace === 1,
    orientation: exif === undefined ? 1 : tiffOrientation(exif),
    palette: chunks[plte],
    transparency: chunks[tRNS],
    profile: chunks[iCCP],
    dataStart,
  };
}

/** The relevant chunks before the pixels, by type. A file that ends before its pixels is enough for a header. */
function readChunks(bytes: Uint8Array, start: number) {
  const chunks: Partial<Record<number, Uint8Array>> = {};
  let at = start;
  for (let chunk = chunkAt(bytes, at); chunk !== undefined && !isEnd(chunk); chunk = chunkAt(bytes, at)) {
    const { type, from, end } = chunk;
    const isWanted = type === plte || type === tRNS || type === iCCP || type === eXIf;
    if (isWanted && chunks[type] === undefined && isSound(bytes, chunk)) chunks[type] = bytes.subarray(from, end);
    at = chunk.next;
  }
  return { chunks, dataStart: at };
}

function isEnd({ type }: Chunk): boolean {
  return type === idat || type === iend;
}
