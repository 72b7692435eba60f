import { fill, i16At, i32At, setI16, setI32, setU8 } from "./memory";

/**
 * Inverse cosine transforms of a block's lowest 1, 4, 16 or all 64 coefficients into 1×1, 2×2, 4×4 or 8×8 samples:
 * the exact transform of that many points, which is the photo at an eighth, a quarter, half or all of its size.
 *
 * The constants are fixed-point with 13 bits; the 8-point transform is that of Loeffler, Ligtenberg and Moschytz.
 */

export function clamp(value: i32): i32 {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Sets all samples to one value: for a block of which only the mean is known, in units of 8 grey levels. */
export function flatBlock(mean: i32, scale: i32, out: i32, stride: i32): void {
  const sample = clamp(((mean + 4) >> 3) + 128);
  for (let y = 0; y < scale; y++) {
    for (let x = 0; x < scale; x++) setU8(out + x, sample);
    out += stride;
  }
}

/**
 * A block's samples from its lowest coefficients.
 *
 * @param block 64 16-bit coefficients in natural order, all but the first set; room for 64 words follows
 * @param mean the first
 * @param blank whether the others are all 0, and not set
 * @param scale samples a row: 1, 2, 4 or 8
 */
// @inline
export function showBlock(block: i32, mean: i32, blank: boolean, scale: i32, out: i32, stride: i32): void {
  if (blank) {
    flatBlock(mean, scale, out, stride);
    return;
  }
  setI16(block, mean);
  if (scale === 2) transform2(block, out, stride);
  else if (scale === 4) transform4(block, block + 128, out, stride);
  else transform8(block, block + 128, out, stride);
}

/**
 * Sets to 0 the coefficients that {@link showBlock} reads at a scale: for 4×4, the first four of the first four rows.
 */
export function clearBlock(block: i32, scale: i32): void {
  fill(block, 0, scale === 8 ? 128 : scale * 16);
}

function transform2(block: i32, out: i32, stride: i32): void {
  const mean = i16At(block) + 1028;
  const across = i16At(block + 2);
  const down = i16At(block + 16);
  const both = i16At(block + 18);
  setU8(out, clamp((mean + across + down + both) >> 3));
  setU8(out + 1, clamp((mean - across + down - both) >> 3));
  setU8(out + stride, clamp((mean + across - down - both) >> 3));
  setU8(out + stride + 1, clamp((mean - across - down + both) >> 3));
}

function transform4(block: i32, work: i32, out: i32, stride: i32): void {
  for (let x = 0; x < 4; x++) {
    const at = block + x * 2;
    const even0 = (i16At(at) + i16At(at + 32)) << 13;
    const even1 = (i16At(at) - i16At(at + 32)) << 13;
    const one = i16At(at + 16);
    const three = i16At(at + 48);
    const odd0 = one * 10703 + three * 4433;
    const odd1 = one * 4433 - three * 10703;
    const to = work + x * 4;
    setI32(to, (even0 + odd0 + 1024) >> 11);
    setI32(to + 16, (even1 + odd1 + 1024) >> 11);
    setI32(to + 32, (even1 - odd1 + 1024) >> 11);
    setI32(to + 48, (even0 - odd0 + 1024) >> 11);
  }
  for (let y = 0; y < 4; y++) {
    const at = work + y * 16;
    // 13 bits of the constants, 2 of the first pass, 3 of the two-dimensional scale; and 128 to the middle grey.
    const first = (i32At(at) << 13) + (128 << 18) + (1 << 17);
    const even0 = first + (i32At(at + 8) << 13);
    const even1 = first - (i32At(at + 8) << 13);
    const odd0 = i32At(at + 4) * 10703 + i32At(at + 12) * 4433;
    const odd1 = i32At(at + 4) * 4433 - i32At(at + 12) * 10703;
    setU8(out, clamp((even0 + odd0) >> 18));
    setU8(out + 1, clamp((even1 + odd1) >> 18));
    setU8(out + 2, clamp((even1 - odd1) >> 18));
    setU8(out + 3, clamp((even0 - odd0) >> 18));
    out += stride;
  }
}

function transform8(block: i32, work: i32, out: i32, stride: i32): void {
  for (let x = 0; x < 8; x++) columnOf8(block + x * 2, work + x * 4);
  for (let y = 0; y < 8; y++) {
    rowOf8(work + y * 32, out);
    out += stride;
  }
}

function columnOf8(at: i32, to: i32): void {
  const s0 = i16At(at);
  const s1 = i16At(at + 16);
  const s2 = i16At(at + 32);
  const s3 = i16At(at + 48);
  const s4 = i16At(at + 64);
  const s5 = i16At(at + 80);
  const s6 = i16At(at + 96);
  const s7 = i16At(at + 112);
  if ((s1 | s2 | s3 | s4 | s5 | s6 | s7) === 0) {
    const flat = s0 << 2;
    for (let y = 0; y < 256; y += 32) setI32(to + y, flat);
    return;
  }
  const even = (s2 + s6) * 4433;
  const e2 = even - s6 * 15137;
  const e3 = even + s2 * 6270;
  const e0 = (s0 + s4) << 13;
  const e1 = (s0 - s4) << 13;
  const a = e0 + e3 + 1024;
  const d = e0 - e3 + 1024;
  const b = e1 + e2 + 1024;
  const c = e1 - e2 + 1024;
  const turn = (s7 + s3 + s5 + s1) * 9633;
  const z1 = (s7 + s1) * -7373;
  const z2 = (s5 + s3) * -20995;
  const z3 = (s7 + s3) * -16069 + turn;
  const z4 = (s5 + s1) * -3196 + turn;
  const o0 = s7 * 2446 + z1 + z3;
  const o1 = s5 * 16819 + z2 + z4;
  const o2 = s3 * 25172 + z2 + z3;
  const o3 = s1 * 12299 + z1 + z4;
  setI32(to, (a + o3) >> 11);
  setI32(to + 224, (a - o3) >> 11);
  setI32(to + 32, (b + o2) >> 11);
  setI32(to + 192, (b - o2) >> 11);
  setI32(to + 64, (c + o1) >> 11);
  setI32(to + 160, (c - o1) >> 11);
  setI32(to + 96, (d + o0) >> 11);
  setI32(to + 128, (d - o0) >> 11);
}

function rowOf8(at: i32, out: i32): void {
  const s0 = i32At(at);
  const s1 = i32At(at + 4);
  const s2 = i32At(at + 8);
  const s3 = i32At(at + 12);
  const s4 = i32At(at + 16);
  const s5 = i32At(at + 20);
  const s6 = i32At(at + 24);
  const s7 = i32At(at + 28);
  const even = (s2 + s6) * 4433;
  const e2 = even - s6 * 15137;
  const e3 = even + s2 * 6270;
  // As in the first pass, plus 128 to the middle grey and half a step for rounding.
  const first = (s0 << 13) + (128 << 18) + (1 << 17);
  const e0 = first + (s4 << 13);
  const e1 = first - (s4 << 13);
  const a = e0 + e3;
  const d = e0 - e3;
  const b = e1 + e2;
  const c = e1 - e2;
  const turn = (s7 + s3 + s5 + s1) * 9633;
  const z1 = (s7 + s1) * -7373;
  const z2 = (s5 + s3) * -20995;
  const z3 = (s7 + s3) * -16069 + turn;
  const z4 = (s5 + s1) * -3196 + turn;
  const o0 = s7 * 2446 + z1 + z3;
  const o1 = s5 * 16819 + z2 + z4;
  const o2 = s3 * 25172 + z2 + z3;
  const o3 = s1 * 12299 + z1 + z4;
  setU8(out, clamp((a + o3) >> 18));
  setU8(out + 7, clamp((a - o3) >> 18));
  setU8(out + 1, clamp((b + o2) >> 18));
  setU8(out + 6, clamp((b - o2) >> 18));
  setU8(out + 2, clamp((c + o1) >> 18));
  setU8(out + 5, clamp((c - o1) >> 18));
  setU8(out + 3, clamp((d + o0) >> 18));
  setU8(out + 4, clamp((d - o0) >> 18));
}
