/** Files made to harm their reader: each is small and expands to something much larger. */
import { constants, deflateRawSync, deflateSync } from "node:zlib";
import { pngChunk } from "../../support/image-bytes";

/** A zlib stream of so many zeros, a thousandth of their size, made without holding them in memory. */
export function deflatedZeros(length: number): Buffer {
  const block = 1024 * 1024;
  const whole = deflateRawSync(Buffer.alloc(block), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const rest = deflateRawSync(Buffer.alloc(length % block), { level: 9 });
  const adler = Buffer.alloc(4);
  adler.writeUInt16BE(length % 65_521, 0);
  adler.writeUInt16BE(1, 2);
  const blocks = Array.from({ length: Math.floor(length / block) }, () => whole);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...blocks, rest, adler]);
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");

export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** Bits per sample; 8 by default. */
  readonly depth?: number;
  /** 0 grey, 2 RGB (the default), 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly type?: number;
  readonly interlaced?: boolean;
  /** Whole chunks before the pixels. */
  readonly before?: readonly Buffer[];
  /** The zlib stream, whole or in pieces, each of which becomes an IDAT chunk; by default exactly the pixels, black. */
  readonly data?: Buffer | readonly Buffer[];
}

export function png({ width, height, depth = 8, type = 2, interlaced = false, before = [], data }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  const channels = [1, 0, 3, 1, 2, 0, 4][type] ?? 1;
  const pixels = data ?? deflatedZeros(height * (1 + Math.ceil((width * channels * depth) / 8)));
  const pieces = Buffer.isBuffer(pixels) ? [pixels] : pixels;
  return Buffer.concat([
    pngSignature,
    pngChunk("IHDR", header),
    ...before,
    Buffer.concat(pieces.map((piece) => pngChunk("IDAT", piece))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A chunk whose compressed content unpacks to so many bytes: a profile (`iCCP`) or a text (`zTXt`). */
export function bombChunk(type: "iCCP" | "zTXt", bytes: number): Buffer {
  return pngChunk(type, Buffer.concat([Buffer.from("bomb\0\0", "latin1"), deflatedZeros(bytes)]));
}

/** The file with chunks inserted after its IHDR. */
export function withChunks(file: Buffer, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([file.subarray(0, 33), Buffer.concat(chunks), file.subarray(33)]);
}

/** A JPEG segment. */
export function segment(marker: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

/** The JPEG with segments inserted after its first two bytes. */
export function withSegments(jpeg: Buffer, ...segments: readonly Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** The start of the frame header's payload (precision, height, width, …). */
function frameOf(jpeg: Buffer): number {
  let at = 2;
  while (jpeg[at + 1] !== 0xc0 && jpeg[at + 1] !== 0xc2) at += 2 + jpeg.readUInt16BE(at + 2);
  return at + 4;
}

/** The JPEG with segments inserted right after its frame header, where no camera writes them. */
export function withSegmentsAfterFrame(jpeg: Buffer, ...segments: readonly Buffer[]): Buffer {
  const frame = frameOf(jpeg);
  const end = frame - 2 + jpeg.readUInt16BE(frame - 2);
  return Buffer.concat([jpeg.subarray(0, end), ...segments, jpeg.subarray(end)]);
}

/** The JPEG with another size in its header and the original data. */
export function withSize(jpeg: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(jpeg);
  const at = frameOf(jpeg);
  changed.writeUInt16BE(height, at + 1);
  changed.writeUInt16BE(width, at + 3);
  return changed;
}

export interface ExifParts {
  /** The position of the first directory, from the TIFF header; right after it by default. */
  readonly directory?: number;
  /** The declared number of entries in the directory; by default the actual one. */
  readonly count?: number;
  /** Tag, type, number of values, value. */
  readonly entries?: readonly (readonly [tag: number, type: number, values: number, value: number])[];
  /** The position of the next directory; none by default. */
  readonly next?: number;
  /** 42 in every TIFF header. */
  readonly magic?: number;
}

/** An EXIF segment, little endian. */
export function exif({ directory = 8, count, entries = [], next = 0, magic = 42 }: ExifParts): Buffer {
  const tiff = Buffer.alloc(14 + entries.length * 12);
  tiff.write("II", "latin1");
  tiff.writeUInt16LE(magic, 2);
  tiff.writeUInt32LE(directory, 4);
  tiff.writeUInt16LE(count ?? entries.length, 8);
  entries.forEach(([tag, type, values, value], index) => {
    const at = 10 + index * 12;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(values, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  });
  tiff.writeUInt32LE(next, 10 + entries.length * 12);
  return segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

/** Bits, most significant first, with the zero that follows each 0xff in a JPEG's data. */
class Bits {
  private readonly bytes: number[] = [];
  private current = 0;
  private count = 0;

  put(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.current = (this.current << 1) | ((value >> bit) & 1);
      if (++this.count < 8) continue;
      this.bytes.push(this.current, ...(this.current === 0xff ? [0] : []));
      [this.current, this.count] = [0, 0];
    }
  }

  end(): Buffer {
    while (this.count > 0) this.put(1, 1);
    return Buffer.from(this.bytes);
  }
}

/** Huffman tables with codes of one bit for one symbol (DC: no difference; AC: a run of 2^14 empty blocks and more). */
const oneSymbolTables = segment(
  0xc4,
  Buffer.from([0x00, 1, ...Array<number>(15).fill(0), 0x00, 0x10, 1, ...Array<number>(15).fill(0), 0xe0]),
);

/**
 * A progressive JPEG of one colour in so many scans, each of which covers all coefficients in a few bytes: the first
 * for the means, the others in turn for the remaining coefficients of one component, first coarse, then finer by one
 * bit each time.
 */
export function manyScans(width: number, height: number, scans: number): Buffer {
  const components = [1, 2, 3];
  const frame = Buffer.from([8, 0, 0, 0, 0, 3, ...components.flatMap((id) => [id, 0x11, 0])]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const means = new Bits();
  for (let block = 0; block < blocks * 3; block++) means.put(0, 1);
  const runs = new Bits();
  for (let left = blocks; left > 0;) {
    // The symbol 0xe0 means a run of 2^14 plus the value of the 14 bits after it.
    const run = Math.min(left, 32_767);
    runs.put(0, 1);
    runs.put(Math.max(0, run - 16_384), 14);
    left -= Math.max(run, 16_384);
  }
  const [first, rest] = [means.end(), runs.end()];
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
    segment(0xc2, frame),
    oneSymbolTables,
    segment(0xda, Buffer.from([3, ...components.flatMap((id) => [id, 0x00]), 0, 0, 0])),
    first,
  ];
  for (let scan = 0; scan < scans - 1; scan++) {
    const id = components[scan % 3] ?? 1;
    const pass = Math.floor(scan / 3);
    const approximation = pass === 0 ? 0x0d : ((14 - pass) << 4) | (13 - pass);
    parts.push(segment(0xda, Buffer.from([1, id, 0x00, 1, 63, pass > 13 ? 0x10 : approximation])), rest);
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xd9])]);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The file with a realistic damage: bytes changed, an end cut off, a piece lost or doubled. */
export function mutate(file: Buffer, random: () => number): Buffer {
  const place = () => Math.floor(random() * file.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) return file.subarray(0, place());
  const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
  if (kind === 1) return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
  if (kind === 2) return Buffer.concat([file.subarray(0, to), file.subarray(from)]);
  const changed = Buffer.from(file);
  // Anywhere, or in the headers, where a byte matters more.
  const reach = kind === 3 ? file.length : Math.min(700, file.length);
  for (let n = 0; n < 1 + random() * 8; n++) changed[Math.floor(random() * reach)] = Math.floor(random() * 256);
  return changed;
}

/** The bytes repeated to fill the size. */
export function filledWith(piece: Buffer, size: number): Buffer {
  return Buffer.alloc(Math.floor(size / piece.length) * piece.length, piece);
}

/** Black pixels for an image whose data only has to be valid. */
export function blackPixels(width: number, height: number): Buffer {
  return deflateSync(Buffer.alloc(height * (1 + width * 3)));
}
