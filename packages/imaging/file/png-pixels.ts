import { chunkAt, idat } from "./png-chunks";
import { readPngHeader, type PngHeader } from "./png-header";

/** Adam7's passes: first column and row, and the steps between columns and rows. PNG, 8.1. */
export const adam7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** Samples a pixel of each colour type: PNG, table 6.1. */
export function channelsOf({ type }: Pick<PngHeader, "type">): number {
  return [1, 0, 3, 1, 2, 0, 4][type] ?? 0;
}

/** Bytes of so many pixels in a row, without the row's filter byte. */
export function bytesOfRow(header: Pick<PngHeader, "type" | "depth">, pixels: number): number {
  return Math.ceil((pixels * header.depth * channelsOf(header)) / 8);
}

/**
 * Whether a PNG without an end (IEND) has all of its compressed pixels. The check steps through the compressed data
 * without keeping the unpacked bytes, so it needs no memory, and no zlib, which a browser does not have.
 */
export function hasAllPixels(bytes: Uint8Array): boolean {
  const header = readPngHeader(bytes);
  const { width, height, interlaced } = header;
  let wanted = 0;
  for (const [left, top, stepX, stepY] of interlaced ? adam7 : ([[0, 0, 1, 1]] as const)) {
    const [columns, rows] = [Math.ceil((width - left) / stepX), Math.ceil((height - top) / stepY)];
    if (columns > 0 && rows > 0) wanted += rows * (1 + bytesOfRow(header, columns));
  }
  return inflatedLength(pixelBytes(bytes, header.dataStart), wanted) >= wanted;
}

/** Reads the data of the pixel chunks byte by byte; -1 after their end. */
function pixelBytes(bytes: Uint8Array, start: number): () => number {
  let at = start;
  let end = start;
  let next = start;
  return () => {
    while (at >= end) {
      const chunk = chunkAt(bytes, next);
      if (chunk?.type !== idat) return -1;
      at = chunk.from;
      end = Math.min(chunk.end, bytes.length);
      next = chunk.next;
    }
    return bytes[at++] ?? -1;
  };
}

/** The order of code lengths in a block's header: RFC 1951, 3.2.7. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * The number of bytes that a zlib stream (RFC 1950, 1951) unpacks to, counted until the wanted number is reached, the
 * stream ends, or the stream is invalid.
 */
function inflatedLength(nextByte: () => number, wanted: number): number {
  let held = 0;
  let count = 0;
  let ended = false;
  let length = 0;
  /** Whether more bits were read than the data have. */
  const isOver = (): boolean => ended;
  /** Up to 16 bits, the lowest first. */
  const take = (size: number): number => {
    while (count < size) {
      const byte = nextByte();
      if (byte < 0) ended = true;
      held |= Math.max(0, byte) << count;
      count += 8;
    }
    const value = held & ((1 << size) - 1);
    held >>>= size;
    count -= size;
    return value;
  };
  const symbol = ({ counts, symbols }: Code): number => {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let size = 1; size <= 15; size++) {
      code |= take(1);
      const here = counts[size] ?? 0;
      if (code - here < first) return symbols[index + code - first] ?? -1;
      index += here;
      first = (first + here) << 1;
      code <<= 1;
    }
    return -1;
  };
  const lengthsOf = (wantedLengths: number, code: Code): number[] | undefined => {
    const lengths: number[] = [];
    while (lengths.length < wantedLengths) {
      const one = symbol(code);
      if (one < 0 || isOver() || (one === 16 && lengths.length === 0)) return undefined;
      if (one < 16) lengths.push(one);
      else {
        const repeated = one === 16 ? (lengths.at(-1) ?? 0) : 0;
        const times = one === 16 ? 3 + take(2) : one === 17 ? 3 + take(3) : 11 + take(7);
        for (let n = 0; n < times; n++) lengths.push(repeated);
      }
    }
    return lengths;
  };
  const codesOfBlock = (kind: number): readonly [Code, Code] | undefined => {
    if (kind === 1) {
      // RFC 1951, 3.2.6
      const fixed = Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8));
      return [codeOf(fixed), codeOf(Array.from({ length: 30 }, () => 5))];
    }
    const [literals, distances, lengthCodes] = [257 + take(5), 1 + take(5), 4 + take(4)];
    const sizes = Array.from({ length: 19 }, () => 0);
    for (let n = 0; n < lengthCodes; n++) sizes[lengthOrder[n] ?? 0] = take(3);
    const lengths = lengthsOf(literals + distances, codeOf(sizes));
    return lengths && [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals, literals + distances))];
  };
  const [method, flags] = [take(8), take(8)];
  if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0) return 0;
  for (let isLast = false; !isLast && !isOver() && length < wanted;) {
    isLast = take(1) === 1;
    const kind = take(2);
    if (kind === 0) {
      take(count & 7);
      const stored = take(16);
      take(16);
      for (let n = 0; n < stored && !isOver(); n++) take(8);
      if (!isOver()) length += stored;
      continue;
    }
    const codes = kind === 3 ? undefined : codesOfBlock(kind);
    if (codes === undefined) return length;
    const [literal, distance] = codes;
    while (length < wanted) {
      const one = symbol(literal);
      if (one < 0 || one > 285 || isOver()) return length;
      if (one === 256) break;
      if (one < 256) {
        length++;
        continue;
      }
      // RFC 1951, 3.2.5: bases and extra bits follow from the symbols.
      const extra = one < 265 || one === 285 ? 0 : (one - 261) >> 2;
      const base = one < 265 ? one - 254 : one === 285 ? 258 : ((4 + ((one - 265) & 3)) << extra) + 3;
      const copied = base + take(extra);
      const back = symbol(distance);
      if (back < 0 || back > 29) return length;
      take(back < 4 ? 0 : (back - 2) >> 1);
      if (isOver()) return length;
      length += copied;
    }
  }
  return length;
}

/** A canonical Huffman code: by length, how many codes there are, and the symbols in the order of their codes. */
interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

function codeOf(lengths: readonly number[]): Code {
  const counts = Array.from({ length: 16 }, () => 0);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const places = [0];
  for (const count of counts) places.push((places.at(-1) ?? 0) + count);
  const symbols: number[] = [];
  lengths.forEach((length, one) => {
    if (length > 0) symbols[(places[length] = (places[length] ?? 0) + 1) - 1] = one;
  });
  return { counts, symbols };
}
