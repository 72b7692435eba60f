import { i16At, setI16, u8At } from "./memory";

/**
 * The two loops of resampling, as plain JavaScript has them. The WebAssembly build replaces this file by
 * vector.assembly.txt, which takes eight samples at a time and comes to the same results.
 */

/**
 * Weighs rows of bytes into one row: 16-bit samples with 6 fractional bits.
 *
 * @param weights 16-bit, adding up to 16384
 */
export function blendRows(rows: i32, stride: i32, count: i32, weights: i32, width: i32, out: i32): void {
  for (let x = 0; x < width; x++) {
    let sum = 128;
    for (let n = 0; n < count; n++) sum += u8At(rows + n * stride + x) * i16At(weights + n * 2);
    setI16(out + x * 2, sum >> 8);
  }
}

/**
 * The sum of the products of 16-bit samples and weights. What follows the last of either up to a multiple of eight
 * must be there to be read, and the weights there must be 0.
 */
export function dot(samples: i32, weights: i32, count: i32): i32 {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += i16At(samples + n * 2) * i16At(weights + n * 2);
  return sum;
}
