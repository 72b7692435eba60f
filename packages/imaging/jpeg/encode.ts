import type { Engine } from "../engine";
import * as layout from "../kernel/encode";
import type { Bitmap } from "../render";
import { chromaAc, chromaDc, chromaSteps, lumaAc, lumaDc, lumaSteps, zigzagOrder, type HuffmanSpec } from "./tables";

/** The most bytes of a row of 16 pixels: 6 blocks of 64 coefficients of 27 bits for each 16 columns, plus stuffing. */
const bytesPerUnit = 6 * 64 * 4 * 2;

/**
 * Encodes an opaque bitmap as a baseline JPEG, 4:2:0, with the standard's Huffman tables.
 *
 * @param quality 1 to 100, on libjpeg's scale
 */
export function encodeJpeg(engine: Engine, { data, width, height }: Bitmap, quality: number): Buffer {
  const steps = [lumaSteps, chromaSteps].map((table) => scaleSteps(table, quality));
  const before = engine.used;
  const unitsAcross = Math.ceil(width / 16);
  const record = engine.allocate(layout.E_SIZE);
  const pixels = engine.allocate(width * height * 4);
  const quant = steps.map((table) => writeWords(engine, table));
  const codes = [lumaDc, lumaAc, chromaDc, chromaAc].map((spec) => writeWords(engine, codesOf(spec)));
  const zigzag = engine.allocate(64);
  const work = engine.allocate((256 + 64 + 64 + 64) * 4);
  const out = engine.allocate(unitsAcross * bytesPerUnit + 64);
  engine.bytes.set(data.subarray(0, width * height * 4), pixels);
  engine.bytes.set(zigzagOrder, zigzag);
  const fields: readonly (readonly [number, number | undefined])[] = [
    [layout.E_PIXELS, pixels],
    [layout.E_WIDTH, width],
    [layout.E_HEIGHT, height],
    [layout.E_LUMA_QUANT, quant[0]],
    [layout.E_CHROMA_QUANT, quant[1]],
    [layout.E_LUMA_DC, codes[0]],
    [layout.E_LUMA_AC, codes[1]],
    [layout.E_CHROMA_DC, codes[2]],
    [layout.E_CHROMA_AC, codes[3]],
    [layout.E_ZIGZAG, zigzag],
    [layout.E_WORK, work],
    [layout.E_OUT, out],
  ];
  const { words, kernel } = engine;
  for (const [field, value] of fields) words[(record + field) >> 2] = value ?? 0;
  const parts: Buffer[] = [headerOf(width, height, steps)];
  for (let top = 0; top < height; top += 16) {
    kernel.encodeRow(record, top);
    if (top + 16 >= height) kernel.finishStream(record);
    parts.push(Buffer.from(engine.bytes.subarray(out, words[(record + layout.E_NEXT) >> 2])));
  }
  parts.push(Buffer.from([0xff, 0xd9]));
  engine.release(before);
  return Buffer.concat(parts);
}

function writeWords(engine: Engine, values: readonly number[]): number {
  const address = engine.allocate(values.length * 4);
  engine.words.set(values, address >> 2);
  return address;
}

/** Steps in zigzag order, scaled for a quality as libjpeg scales them, each 1 to 255. */
function scaleSteps(table: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
  return zigzagOrder.map((at) => Math.min(255, Math.max(1, Math.floor(((table[at] ?? 0) * percent + 50) / 100))));
}

/** By symbol: the code in bits 8 and up, its length below. */
function codesOf({ counts, symbols }: HuffmanSpec): number[] {
  const codes = Array.from({ length: 256 }, () => 0);
  let code = 0;
  let index = 0;
  counts.forEach((count, shorter) => {
    for (let n = 0; n < count; n++) codes[symbols[index++] ?? 0] = (code++ << 8) | (shorter + 1);
    code <<= 1;
  });
  return codes;
}

function headerOf(width: number, height: number, steps: readonly (readonly number[])[]): Buffer {
  const segment = (marker: number, payload: readonly number[]): number[] => {
    const length = payload.length + 2;
    return [0xff, marker, length >> 8, length & 255, ...payload];
  };
  const sides = [height >> 8, height & 255, width >> 8, width & 255];
  const tables = [lumaDc, lumaAc, chromaDc, chromaAc].flatMap(({ counts, symbols }, index) => [
    ((index & 1) << 4) | (index >> 1),
    ...counts,
    ...symbols,
  ]);
  return Buffer.from([
    0xff,
    0xd8,
    // JFIF 1.1, square pixels: a reader takes from this that the colours are YCbCr.
    ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...segment(
      0xdb,
      steps.flatMap((table, index) => [index, ...table]),
    ),
    ...segment(0xc0, [8, ...sides, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]),
    ...segment(0xc4, tables),
    ...segment(0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]),
  ]);
}
