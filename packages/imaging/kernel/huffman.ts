import { H_CEILINGS, H_OFFSETS, H_SKIPS, H_SYMBOLS, H_VALUES, KIND_AC, KIND_DC, LOOKUP_BITS } from "./layout";
import { fill, i32At, setI16, setI32, setU8, u8At } from "./memory";

const LOOKUPS: i32 = 1 << LOOKUP_BITS;

/** The value that `size` bits encode: bits with a leading 0 are negative. */
export function extend(bits: i32, size: i32): i32 {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/**
 * Builds the lookups of a table from its DHT segment.
 *
 * @param counts 16 bytes, the number of codes of each length, followed by the symbols
 * @param scratch 4,096 words
 * @returns 0, or -1 if the lengths form no prefix code or a DC symbol is above 15
 */
export function buildHuffman(table: i32, counts: i32, kind: i32, scratch: i32): i32 {
  fill(table + H_VALUES, 0, LOOKUPS * 4);
  fill(scratch, 0, LOOKUPS * 4);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = u8At(counts + length - 1);
    setI32(table + H_OFFSETS + length * 4, index - code);
    for (let n = 0; n < count; n++) {
      if (index > 255 || code >= 1 << length) return -1;
      const symbol = u8At(counts + 16 + index);
      if (kind === KIND_DC && symbol > 15) return -1;
      setU8(table + H_SYMBOLS + index, symbol);
      if (length <= LOOKUP_BITS) fillLookups(table, scratch, kind, code << (LOOKUP_BITS - length), length, symbol);
      code++;
      index++;
    }
    setI32(table + H_CEILINGS + length * 4, code << (16 - length));
    code <<= 1;
  }
  if (kind === KIND_AC) buildSkips(table, scratch);
  return 0;
}

/** All the lookups that start with one code; the scratch keeps code length (bits 0-4) and symbol (8-15) of each. */
function fillLookups(table: i32, scratch: i32, kind: i32, first: i32, length: i32, symbol: i32): void {
  const spare = LOOKUP_BITS - length;
  const single = length | (symbol << 8);
  for (let n = 0; n < 1 << spare; n++) setI32(scratch + (first + n) * 4, single);
  const run = symbol >> 4;
  const size = symbol & 15;
  const values = table + H_VALUES + first * 4;
  if (size === 0 || size > spare) {
    let entry = length | ((run + 1) << 5) | (size << 12);
    if (size === 0 && kind === KIND_AC && run < 15) entry = length | (127 << 5) | (run << 12);
    for (let n = 0; n < 1 << spare; n++) setI32(values + n * 4, entry);
    return;
  }
  const each = spare - size;
  for (let bits = 0; bits < 1 << size; bits++) {
    const entry = (length + size) | ((run + 1) << 5) | (extend(bits, size) << 16);
    for (let n = 0; n < 1 << each; n++) setI32(values + ((bits << each) + n) * 4, entry);
  }
}

/** For each lookup, the total advance of all symbols that lie wholly within it. */
function buildSkips(table: i32, scratch: i32): void {
  for (let lookup = 0; lookup < LOOKUPS; lookup++) {
    let consumed = 0;
    let advance = 0;
    let ended = 0;
    while (consumed < LOOKUP_BITS && ended === 0) {
      const single = i32At(scratch + ((lookup << consumed) & (LOOKUPS - 1)) * 4);
      const length = single & 31;
      const size = (single >> 8) & 15;
      const run = single >> 12;
      if (length === 0 || consumed + length > LOOKUP_BITS) break;
      if (size === 0 && run < 15) {
        ended = 1;
      } else {
        if (advance + run + 1 > 63) break;
        advance += run + 1;
      }
      consumed += length + size;
    }
    if (consumed === 0) advance = 127;
    setI16(table + H_SKIPS + lookup * 2, consumed | (advance << 5) | (ended << 12));
  }
}

/**
 * The code at the top of 32 bits, whatever its length.
 *
 * @returns the code's length in bits 8 and up, its symbol below; -1 when there is no such code
 */
function findSymbol(table: i32, bits: i32): i32 {
  const top = bits >>> 16;
  for (let length = 1; length <= 16; length++) {
    if (top < i32At(table + H_CEILINGS + length * 4)) {
      const index = (top >>> (16 - length)) + i32At(table + H_OFFSETS + length * 4);
      return (length << 8) | u8At(table + H_SYMBOLS + (index & 255));
    }
  }
  return -1;
}

/** The entry of H_VALUES for the code at the top of 32 bits; -1, which is none, when there is no such code. */
// @inline
export function entryAt(table: i32, bits: i32, kind: i32): i32 {
  const entry = i32At(table + H_VALUES + ((bits >>> 20) << 2));
  return entry !== 0 ? entry : findEntry(table, bits, kind);
}

/** The same for a code longer than a lookup: the entry leaves the value to further bits. */
function findEntry(table: i32, bits: i32, kind: i32): i32 {
  const found = findSymbol(table, bits);
  if (found < 0) return -1;
  const size = found & 15;
  const run = (found >> 4) & 15;
  if (size === 0 && kind === KIND_AC && run < 15) return (found >> 8) | (127 << 5) | (run << 12);
  return (found >> 8) | ((run + 1) << 5) | (size << 12);
}
