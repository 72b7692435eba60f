import { clamp } from "./idct";
import { i16At, setI16, setU8, u8At } from "./memory";

/**
 * The rendering loops in plain JavaScript. The WebAssembly build replaces this file by vector.assembly.txt, which
 * processes several samples at a time and gives the same results.
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
 * The sum of the products of 16-bit samples and weights. Both must be readable up to a multiple of eight, and the
 * weights after the last must be 0.
 */
export function dot(samples: i32, weights: i32, count: i32): i32 {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += i16At(samples + n * 2) * i16At(weights + n * 2);
  return sum;
}

/** Turns luma and chroma, 16-bit with 6 fractional bits and eight bytes a pixel, into opaque pixels. */
export function colourPixels(samples: i32, count: i32, pixels: i32): void {
  for (let n = 0; n < count; n++) {
    const luma = (i16At(samples) << 14) + (1 << 19);
    const blue = i16At(samples + 2) - 8192;
    const red = i16At(samples + 4) - 8192;
    setU8(pixels, clamp((luma + red * 22970) >> 20));
    setU8(pixels + 1, clamp((luma - blue * 5638 - red * 11700) >> 20));
    setU8(pixels + 2, clamp((luma + blue * 29032) >> 20));
    setU8(pixels + 3, 255);
    samples += 8;
    pixels += 4;
  }
}
