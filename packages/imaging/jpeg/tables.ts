import { standardTables } from "../file/jpeg-huffman";

/** Natural index (row × 8 + column) of each coefficient, in JPEG's storage order. */
export const zigzagOrder: readonly number[] = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
];

/** Quantization steps for quality 50, natural order: ITU-T T.81, table K.1. */
export const lumaSteps: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Table K.2. */
export const chromaSteps: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];

/** A Huffman table: the number of codes of each length from 1 to 16, and the symbols in order of code. */
export interface HuffmanSpec {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

const specs = [0x00, 0x01, 0x10, 0x11].map((head): HuffmanSpec => {
  const table = [...(standardTables()[head] ?? [])];
  return { counts: table.slice(0, 16), symbols: table.slice(16) };
});

/** T.81, tables K.3 to K.6. */
export const [lumaDc, chromaDc, lumaAc, chromaAc] = specs as [HuffmanSpec, HuffmanSpec, HuffmanSpec, HuffmanSpec];
