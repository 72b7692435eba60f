import { entryAt, extend } from "./huffman";
import { clearBlock, flatBlock, showBlock } from "./idct";
import {
  C_AC_TABLE,
  C_BOTTOM,
  C_DC_TABLE,
  C_H,
  C_LEFT,
  C_PLANE,
  C_PREDICTION,
  C_QUANT,
  C_RIGHT,
  C_SCALE,
  C_SIZE,
  C_STRIDE,
  C_TOP,
  C_V,
  H_SKIPS,
  KIND_AC,
  KIND_DC,
  S_BASE,
  S_BLOCK,
  S_COMPONENTS,
  S_COUNT,
  S_LIMIT,
  S_POSITION,
  S_ROW,
  S_ZIGZAG,
} from "./layout";
import { i32At, peek, setI16, setI32, u16At, u8At } from "./memory";

/** The next bits of the stream, at least 25 of them, on top of 32. */
export function nextBits(base: i32, position: i32): i32 {
  return peek(base - (position >> 3)) << (position & 7);
}

/** The last zigzag index that a transform to this many samples reads. */
export function lastOf(scale: i32): i32 {
  return scale === 1 ? 0 : scale === 2 ? 4 : scale === 4 ? 24 : 63;
}

/**
 * Decodes the DC difference at a position and adds it to the component's prediction.
 *
 * @returns the position after it, or -1 if the table has no such code
 */
export function decodeDc(component: i32, base: i32, position: i32): i32 {
  const table = i32At(component + C_DC_TABLE);
  const bits = nextBits(base, position);
  const entry = entryAt(table, bits, KIND_DC);
  if (entry === -1) return -1;
  position += entry & 31;
  let difference = entry >> 16;
  const size = (entry >> 12) & 15;
  if (size !== 0) {
    difference = extend(nextBits(base, position) >>> (32 - size), size);
    position += size;
  }
  const prediction = component + C_PREDICTION;
  setI32(prediction, i32At(prediction) + difference);
  return position;
}

/**
 * Consumes a block's AC coefficients from zigzag index k on without reading their values.
 *
 * @returns the position after the block, or -1 when it is damaged
 */
function skipCoefficients(table: i32, base: i32, position: i32, k: i32): i32 {
  while (k < 64) {
    const bits = nextBits(base, position);
    const skip = u16At(table + H_SKIPS + ((bits >>> 20) << 1));
    const advance = (skip >> 5) & 127;
    if (k + advance < 64) {
      position += skip & 31;
      if ((skip & 4096) !== 0) return position;
      k += advance;
      continue;
    }
    // The lookup may contain symbols of the next block: from here on one symbol at a time.
    const entry = entryAt(table, bits, KIND_AC);
    if (entry === -1) return -1;
    position += entry & 31;
    const step = (entry >> 5) & 127;
    if (step === 127) return position;
    position += (entry >> 12) & 15;
    k += step;
  }
  return k === 64 ? position : -1;
}

/** Decodes one wanted block into its samples; returns as {@link skipCoefficients}. */
function decodeBlock(scan: i32, component: i32, base: i32, position: i32, out: i32): i32 {
  const scale = i32At(component + C_SCALE);
  const quant = i32At(component + C_QUANT);
  const table = i32At(component + C_AC_TABLE);
  const stride = i32At(component + C_STRIDE);
  const mean = i32At(component + C_PREDICTION) * i32At(quant);
  if (scale === 1) {
    flatBlock(mean, 1, out, stride);
    return skipCoefficients(table, base, position, 1);
  }
  const block = i32At(scan + S_BLOCK);
  const zigzag = i32At(scan + S_ZIGZAG);
  const last = lastOf(scale);
  let k = 1;
  let ended = false;
  let blank = true;
  while (k <= last) {
    const bits = nextBits(base, position);
    const entry = entryAt(table, bits, KIND_AC);
    if (entry === -1) return -1;
    position += entry & 31;
    const step = (entry >> 5) & 127;
    if (step === 127) {
      ended = true;
      break;
    }
    let value = entry >> 16;
    const size = (entry >> 12) & 15;
    if (size !== 0) {
      value = extend(nextBits(base, position) >>> (32 - size), size);
      position += size;
    }
    k += step;
    if (k > 64) return -1;
    if (blank) {
      blank = false;
      clearBlock(block, scale);
    }
    setI16(block + (u8At(zigzag + k - 1) << 1), value * i32At(quant + ((k - 1) << 2)));
  }
  showBlock(block, mean, blank, scale, out, stride);
  return ended ? position : skipCoefficients(table, base, position, k);
}

/**
 * Decodes units `from` to before `to` of the scan's row: MCUs, or blocks when the scan has one component. Blocks
 * outside the wanted rectangle are stepped over.
 *
 * @returns the first unit not decoded because data are missing, or -1 if the data are damaged
 */
export function decodeBaseline(scan: i32, from: i32, to: i32): i32 {
  const base = i32At(scan + S_BASE);
  const limit = i32At(scan + S_LIMIT);
  const row = i32At(scan + S_ROW);
  const end = scan + S_COMPONENTS + i32At(scan + S_COUNT) * C_SIZE;
  let position = i32At(scan + S_POSITION);
  let unit = from;
  while (unit < to && position <= limit) {
    for (let component = scan + S_COMPONENTS; component < end; component += C_SIZE) {
      const h = i32At(component + C_H);
      const v = i32At(component + C_V);
      for (let y = 0; y < v; y++) {
        const blockRow = row * v + y;
        const wanted = blockRow >= i32At(component + C_TOP) && blockRow < i32At(component + C_BOTTOM);
        for (let x = 0; x < h; x++) {
          const column = unit * h + x;
          position = decodeDc(component, base, position);
          if (position < 0) return -1;
          if (wanted && column >= i32At(component + C_LEFT) && column < i32At(component + C_RIGHT)) {
            const scale = i32At(component + C_SCALE);
            const down = (blockRow - i32At(component + C_TOP)) * scale;
            const across = (column - i32At(component + C_LEFT)) * scale;
            const out = i32At(component + C_PLANE) + down * i32At(component + C_STRIDE) + across;
            position = decodeBlock(scan, component, base, position, out);
          } else {
            position = skipCoefficients(i32At(component + C_AC_TABLE), base, position, 1);
          }
          if (position < 0) return -1;
        }
      }
    }
    unit++;
  }
  setI32(scan + S_POSITION, position);
  return unit;
}
