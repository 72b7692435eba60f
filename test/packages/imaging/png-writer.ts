/** A plain PNG writer for tests: every colour type, depth and filter, by the specification. */
import { crc32, deflateSync } from "node:zlib";

export interface PngImage {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly type: number;
  /** The sample of a channel at a pixel, within the depth. */
  readonly sample: (x: number, y: number, channel: number) => number;
  readonly interlaced?: boolean;
  /** Chunks between IHDR and IDAT. */
  readonly chunks?: readonly (readonly [string, Buffer])[];
  /** The most bytes in an IDAT chunk. */
  readonly idatSize?: number;
}

const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function chunk(name: string, payload: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), payload]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function rowOf(image: PngImage, xs: readonly number[], y: number): Buffer {
  const channels = channelsOf[image.type] ?? 1;
  const bits = xs.flatMap((x) =>
    Array.from({ length: channels }, (_, channel) => {
      const value = image.sample(x, y, channel);
      return Array.from({ length: image.depth }, (_unused, n) => (value >> (image.depth - 1 - n)) & 1);
    }).flat(),
  );
  return Buffer.from(
    Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce((value, n) => value * 2 + (bits[byte * 8 + n] ?? 0), 0),
    ),
  );
}

function filterRow(filter: number, row: Buffer, before: Buffer, pixel: number): Buffer {
  const predicted = (at: number): number => {
    const left = at >= pixel ? (row[at - pixel] ?? 0) : 0;
    const above = before[at] ?? 0;
    const corner = at >= pixel ? (before[at - pixel] ?? 0) : 0;
    if (filter === 1) return left;
    if (filter === 2) return above;
    if (filter === 3) return Math.floor((left + above) / 2);
    const guess = left + above - corner;
    const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(guess - value));
    if ((toLeft ?? 0) <= (toAbove ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left;
    return (toAbove ?? 0) <= (toCorner ?? 0) ? above : corner;
  };
  const bytes = filter === 0 ? [...row] : [...row].map((value, at) => (value - predicted(at)) & 255);
  return Buffer.from([filter, ...bytes]);
}

/** Rows are filtered by each of the five filters in turn. */
export function writePng(image: PngImage): Buffer {
  const { width, height, depth, type, interlaced = false, chunks = [], idatSize = Infinity } = image;
  const pixel = Math.max(1, ((channelsOf[type] ?? 1) * depth) >> 3);
  const passes = interlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]];
  const rows: Buffer[] = [];
  for (const [left = 0, top = 0, stepX = 1, stepY = 1] of passes) {
    const xs = Array.from({ length: Math.max(0, Math.ceil((width - left) / stepX)) }, (_, n) => left + n * stepX);
    if (xs.length === 0) continue;
    let before: Buffer = Buffer.alloc(0);
    for (let y = top; y < height; y += stepY) {
      const row = rowOf(image, xs, y);
      rows.push(filterRow(rows.length % 5, row, before, pixel));
      before = row;
    }
  }
  const data = deflateSync(Buffer.concat(rows));
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, type, 0, 0, interlaced ? 1 : 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const idats: Buffer[] = [];
  for (let at = 0; at < data.length; at += idatSize) idats.push(chunk("IDAT", data.subarray(at, at + idatSize)));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...chunks.map(([name, payload]) => chunk(name, payload)),
    ...idats,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
