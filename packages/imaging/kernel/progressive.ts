import { decodeDc, lastOf, nextBits } from "./baseline";
import { entryAt, extend } from "./huffman";
import { clearBlock, showBlock } from "./idct";
import {
  C_AC_TABLE,
  C_BOTTOM,
  C_COEFFICIENTS,
  C_COLUMNS,
  C_H,
  C_HISTORY,
  C_KEPT,
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
  KIND_AC,
  S_BASE,
  S_BLOCK,
  S_COMPONENTS,
  S_COUNT,
  S_END_RUN,
  S_LIMIT,
  S_LOW_BIT,
  S_POSITION,
  S_ROW,
  S_SPECTRAL_END,
  S_SPECTRAL_START,
  S_ZIGZAG,
} from "./layout";
import { i16At, i32At, ones, setI16, setI32, u8At } from "./memory";

/** The address of a block's kept coefficients, or 0 for a block outside the wanted rectangle. */
function keptAt(component: i32, row: i32, column: i32): i32 {
  const left = i32At(component + C_LEFT);
  const right = i32At(component + C_RIGHT);
  const top = i32At(component + C_TOP);
  if (column < left || column >= right || row < top || row >= i32At(component + C_BOTTOM)) return 0;
  const index = (row - top) * (right - left) + column - left;
  return i32At(component + C_COEFFICIENTS) + index * i32At(component + C_KEPT) * 2;
}

/**
 * The DC coefficients of a row of units in a first scan.
 *
 * @returns as decodeBaseline
 */
export function decodeDcFirst(scan: i32, from: i32, to: i32): i32 {
  return decodeDcRow(scan, from, to, false);
}

/** One more bit of the DC coefficients of a row of units; returns as decodeBaseline. */
export function decodeDcRefinement(scan: i32, from: i32, to: i32): i32 {
  return decodeDcRow(scan, from, to, true);
}

// @inline
function decodeDcRow(scan: i32, from: i32, to: i32, refines: boolean): i32 {
  const base = i32At(scan + S_BASE);
  const limit = i32At(scan + S_LIMIT);
  const row = i32At(scan + S_ROW);
  const low = i32At(scan + S_LOW_BIT);
  const end = scan + S_COMPONENTS + i32At(scan + S_COUNT) * C_SIZE;
  let position = i32At(scan + S_POSITION);
  let unit = from;
  while (unit < to && position <= limit) {
    for (let component = scan + S_COMPONENTS; component < end; component += C_SIZE) {
      const h = i32At(component + C_H);
      const v = i32At(component + C_V);
      for (let y = 0; y < v; y++) {
        for (let x = 0; x < h; x++) {
          const kept = keptAt(component, row * v + y, unit * h + x);
          if (refines) {
            const bit = nextBits(base, position) >>> 31;
            position++;
            if (kept !== 0) setI16(kept, i16At(kept) | (bit << low));
          } else {
            position = decodeDc(component, base, position);
            if (position < 0) return -1;
            if (kept !== 0) setI16(kept, i32At(component + C_PREDICTION) << low);
          }
        }
      }
    }
    unit++;
  }
  setI32(scan + S_POSITION, position);
  return unit;
}

/** The first bits of a band of AC coefficients in a row of blocks; returns as decodeBaseline. */
export function decodeAcFirst(scan: i32, from: i32, to: i32): i32 {
  const component = scan + S_COMPONENTS;
  const base = i32At(scan + S_BASE);
  const limit = i32At(scan + S_LIMIT);
  const row = i32At(scan + S_ROW);
  const low = i32At(scan + S_LOW_BIT);
  const start = i32At(scan + S_SPECTRAL_START);
  const last = i32At(scan + S_SPECTRAL_END);
  const keptCount = i32At(component + C_KEPT);
  const table = i32At(component + C_AC_TABLE);
  let history = i32At(component + C_HISTORY);
  const recorded = history !== 0;
  history += (row * i32At(component + C_COLUMNS) + from) * 8;
  let run = i32At(scan + S_END_RUN);
  let position = i32At(scan + S_POSITION);
  let unit = from;
  while (unit < to && position <= limit) {
    if (run > 0) {
      run--;
      unit++;
      history += 8;
      continue;
    }
    const kept = keptAt(component, row, unit);
    let lower = 0;
    let upper = 0;
    let k = start;
    while (k <= last) {
      const bits = nextBits(base, position);
      const entry = entryAt(table, bits, KIND_AC);
      if (entry === -1) return -1;
      position += entry & 31;
      const step = (entry >> 5) & 127;
      const size = (entry >> 12) & 15;
      if (step === 127) {
        run = (1 << size) - 1;
        if (size !== 0) run += nextBits(base, position) >>> (32 - size);
        position += size;
        break;
      }
      let value = entry >> 16;
      if (size !== 0) {
        value = extend(nextBits(base, position) >>> (32 - size), size);
        position += size;
      }
      k += step;
      if (k - 1 > last) return -1;
      if (value !== 0) {
        if (k <= 32) lower |= 1 << (k - 1);
        else upper |= 1 << (k - 33);
        if (kept !== 0 && k <= keptCount) setI16(kept + (k - 1) * 2, value << low);
      }
    }
    if (recorded) {
      setI32(history, i32At(history) | lower);
      setI32(history + 4, i32At(history + 4) | upper);
    }
    history += 8;
    unit++;
  }
  setI32(scan + S_END_RUN, run);
  setI32(scan + S_POSITION, position);
  return unit;
}

/** The bits of a word from one index to another, both within 0 to 31. */
function bitsBetween(first: i32, last: i32): i32 {
  return first > last ? 0 : (-1 << first) & (-1 >>> (31 - last));
}

/** How many of the coefficients from one zigzag index to another are not 0. */
function countHistory(lower: i32, upper: i32, first: i32, last: i32): i32 {
  let count = 0;
  if (first < 32) count += ones(lower & bitsBetween(first, last < 31 ? last : 31));
  if (last >= 32) count += ones(upper & bitsBetween(first > 32 ? first - 32 : 0, last - 32));
  return count;
}

/** Moves a coefficient that is not 0 one step of the refined bit away from 0. */
function refine(coefficient: i32, low: i32): void {
  const value = i16At(coefficient);
  // A bit that an earlier scan of the same level has already set is not added again.
  if (((value < 0 ? -value : value) & (1 << low)) === 0) {
    setI16(coefficient, value < 0 ? value - (1 << low) : value + (1 << low));
  }
}

/**
 * Corrects the coefficients known not to be 0 from zigzag index `first` to `last`.
 *
 * @returns the position after their correction bits
 */
function correct(
  kept: i32,
  keptCount: i32,
  lower: i32,
  upper: i32,
  low: i32,
  first: i32,
  last: i32,
  base: i32,
  position: i32,
): i32 {
  if (first > last) return position;
  if (kept === 0 || first >= keptCount) return position + countHistory(lower, upper, first, last);
  const reach = last < keptCount - 1 ? last : keptCount - 1;
  for (let k = first; k <= reach; k++) {
    if (((k < 32 ? lower >>> k : upper >>> (k - 32)) & 1) === 0) continue;
    if (nextBits(base, position) < 0) refine(kept + k * 2, low);
    position++;
  }
  return reach === last ? position : position + countHistory(lower, upper, reach + 1, last);
}

/** The zigzag index of the zero coefficient that comes after `zeros` others from `k` on; beyond `last` if none. */
function findZero(lower: i32, upper: i32, k: i32, last: i32, zeros: i32): i32 {
  while (k <= last) {
    if (((k < 32 ? lower >>> k : upper >>> (k - 32)) & 1) === 0) {
      if (zeros === 0) return k;
      zeros--;
    }
    k++;
  }
  return k;
}

/** One more bit of a band of AC coefficients in a row of blocks; returns as decodeBaseline. */
export function decodeAcRefinement(scan: i32, from: i32, to: i32): i32 {
  const component = scan + S_COMPONENTS;
  const base = i32At(scan + S_BASE);
  const limit = i32At(scan + S_LIMIT);
  const row = i32At(scan + S_ROW);
  const low = i32At(scan + S_LOW_BIT);
  const start = i32At(scan + S_SPECTRAL_START);
  const last = i32At(scan + S_SPECTRAL_END);
  const keptCount = i32At(component + C_KEPT);
  const table = i32At(component + C_AC_TABLE);
  let history = i32At(component + C_HISTORY) + (row * i32At(component + C_COLUMNS) + from) * 8;
  let run = i32At(scan + S_END_RUN);
  let position = i32At(scan + S_POSITION);
  let unit = from;
  while (unit < to && position <= limit) {
    const kept = keptAt(component, row, unit);
    let lower = i32At(history);
    let upper = i32At(history + 4);
    let k = start;
    if (run === 0) {
      while (k <= last) {
        const bits = nextBits(base, position);
        const entry = entryAt(table, bits, KIND_AC);
        if (entry === -1) return -1;
        position += entry & 31;
        const step = (entry >> 5) & 127;
        const size = (entry >> 12) & 15;
        if (step === 127) {
          run = 1 << size;
          if (size !== 0) run += nextBits(base, position) >>> (32 - size);
          position += size;
          break;
        }
        let value = entry >> 16;
        if (size !== 0) {
          // A coefficient that becomes not 0 here is 1 or -1 in the refined bit.
          if (size !== 1) return -1;
          value = nextBits(base, position) < 0 ? 1 : -1;
          position++;
        }
        let zero = k + step - 1;
        // Usually only zeros lie ahead, with nothing to correct on the way. (k is at least 1.)
        const ahead = k < 32 ? (lower >>> k) | (upper << (32 - k)) : upper >>> (k - 32);
        if ((ahead & ((1 << step) - 1)) !== 0) {
          zero = findZero(lower, upper, k, last, step - 1);
          position = correct(kept, keptCount, lower, upper, low, k, zero < last ? zero : last, base, position);
        }
        if (value !== 0) {
          if (zero > last || value > 1 || value < -1) return -1;
          if (zero < 32) lower |= 1 << zero;
          else upper |= 1 << (zero - 32);
          if (kept !== 0 && zero < keptCount) setI16(kept + zero * 2, value << low);
        }
        k = zero + 1;
      }
      setI32(history, lower);
      setI32(history + 4, upper);
    }
    if (run > 0) {
      position = correct(kept, keptCount, lower, upper, low, k, last, base, position);
      run--;
    }
    history += 8;
    unit++;
  }
  setI32(scan + S_END_RUN, run);
  setI32(scan + S_POSITION, position);
  return unit;
}

/** Transforms the kept coefficients of one row of wanted blocks (by its absolute number) into samples. */
export function transformRow(scan: i32, component: i32, row: i32): void {
  const block = i32At(scan + S_BLOCK);
  const zigzag = i32At(scan + S_ZIGZAG);
  const scale = i32At(component + C_SCALE);
  const quant = i32At(component + C_QUANT);
  const stride = i32At(component + C_STRIDE);
  const left = i32At(component + C_LEFT);
  const right = i32At(component + C_RIGHT);
  const last = lastOf(scale);
  let out = i32At(component + C_PLANE) + (row - i32At(component + C_TOP)) * scale * stride;
  for (let column = left; column < right; column++) {
    const kept = keptAt(component, row, column);
    const mean = i16At(kept) * i32At(quant);
    let blank = true;
    for (let k = 1; k <= last; k++) {
      const value = i16At(kept + k * 2);
      if (value === 0) continue;
      if (blank) {
        blank = false;
        clearBlock(block, scale);
      }
      setI16(block + (u8At(zigzag + k) << 1), value * i32At(quant + (k << 2)));
    }
    showBlock(block, mean, blank, scale, out, stride);
    out += scale;
  }
}
