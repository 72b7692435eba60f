/**
 * The layout of the kernel's memory: byte offsets into the records that the driver fills and the kernel reads. All
 * fields are 32-bit unless stated otherwise.
 */

/** A Huffman table. Lookups take the next 12 bits of the stream. */
export const LOOKUP_BITS: i32 = 12;
/**
 * By the next 12 bits: bits 0-4 how many to consume; 5-11 how far to advance in the block, 127 at its end; 12-15 how
 * many more bits hold the value (for an end: the exponent of the run of ended blocks); 16-31 the value, signed, if the
 * 12 bits contain all of it. 0 when the code itself is longer.
 */
export const H_VALUES: i32 = 0;
/**
 * 16-bit, by the next 12 bits, as many whole symbols as start there: bits 0-4 how many to consume, 5-11 how far to
 * advance, bit 12 set when the block ends. An advance of 127 when the first code itself is longer.
 */
export const H_SKIPS: i32 = 16384;
/** By code length 1 to 16: the first code above those of this length, left-aligned in 16 bits. */
export const H_CEILINGS: i32 = 24576;
/** By code length: the difference between a symbol's index and its code. */
export const H_OFFSETS: i32 = 24644;
/** 256 bytes: the symbols. */
export const H_SYMBOLS: i32 = 24712;
export const H_SIZE: i32 = 24968;

/** Kinds of Huffman tables. */
export const KIND_DC: i32 = 0;
export const KIND_AC: i32 = 1;

/** A component in a scan. */
export const C_H: i32 = 0;
export const C_V: i32 = 4;
export const C_DC_TABLE: i32 = 8;
export const C_AC_TABLE: i32 = 12;
/** 64 quantization steps in zigzag order. */
export const C_QUANT: i32 = 16;
/** The last DC value, before dequantization. */
export const C_PREDICTION: i32 = 20;
/** Samples per block and axis: 1, 2, 4 or 8. */
export const C_SCALE: i32 = 24;
/** The wanted blocks: first column and row, and those after the last. */
export const C_LEFT: i32 = 28;
export const C_RIGHT: i32 = 32;
export const C_TOP: i32 = 36;
export const C_BOTTOM: i32 = 40;
/** Bytes: samples of the wanted blocks. */
export const C_PLANE: i32 = 44;
export const C_STRIDE: i32 = 48;
/** Progressive: 16-bit coefficients of the wanted blocks, in zigzag order, and the number kept of each. */
export const C_COEFFICIENTS: i32 = 52;
export const C_KEPT: i32 = 56;
/** Progressive: 64 bits per block, for all blocks, marking the coefficients that are not 0; or 0 if not needed. */
export const C_HISTORY: i32 = 60;
/** Blocks a row in the history. */
export const C_COLUMNS: i32 = 64;
export const C_SIZE: i32 = 68;

/** A scan under way. */
/** Address of stream byte 0, less 3: stream byte n is at that address - n, so that a 32-bit load has it on top. */
export const S_BASE: i32 = 0;
/** Bits consumed. */
export const S_POSITION: i32 = 4;
/** No unit starts beyond this bit. */
export const S_LIMIT: i32 = 8;
/** The row of units (MCUs, or blocks of a scan of one component). */
export const S_ROW: i32 = 12;
export const S_COUNT: i32 = 16;
export const S_SPECTRAL_START: i32 = 20;
export const S_SPECTRAL_END: i32 = 24;
export const S_LOW_BIT: i32 = 28;
/** Progressive: the number of further blocks in the current run of ended blocks. */
export const S_END_RUN: i32 = 32;
/** 64 16-bit coefficients of the block at work, natural order. */
export const S_BLOCK: i32 = 36;
/** 64 bytes: natural index by zigzag index. */
export const S_ZIGZAG: i32 = 40;
/** The results of {@link unstuff}: the source bytes consumed and the next stream byte's address. */
export const S_CONSUMED: i32 = 44;
export const S_NEXT: i32 = 48;
export const S_COMPONENTS: i32 = 52;
export const S_SIZE: i32 = 324;
