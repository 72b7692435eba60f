import { clamp } from "./idct";
import { i32At, setU8, u8At } from "./memory";
import { blendRows, dot } from "./vector";

/**
 * Resamples a plane of bytes to another size.
 *
 * Taps are, for each output row or column, three words: its first source row or column, how many follow, and the
 * address of its 16-bit weights, which add up to 16384 and are followed by zeros up to a multiple of eight.
 *
 * @param work room for one row of 16-bit samples and 16 more bytes, zeros at its end
 * @param out bytes, `step` apart in a row and `stride` between rows
 */
export function resample(
  plane: i32,
  planeStride: i32,
  planeWidth: i32,
  rowTaps: i32,
  height: i32,
  columnTaps: i32,
  width: i32,
  work: i32,
  out: i32,
  step: i32,
  stride: i32,
): void {
  for (let y = 0; y < height; y++) {
    const tap = rowTaps + y * 12;
    blendRows(plane + i32At(tap) * planeStride, planeStride, i32At(tap + 4), i32At(tap + 8), planeWidth, work);
    let at = out + y * stride;
    for (let x = 0; x < width; x++) {
      const column = columnTaps + x * 12;
      const sum = dot(work + i32At(column) * 2, i32At(column + 8), i32At(column + 4));
      // 6 fractional bits of the samples and 14 of the weights.
      setU8(at, clamp((sum + (1 << 19)) >> 20));
      at += step;
    }
  }
}

/** Luma and chroma (ITU-R BT.601, full range), in the first three of every four bytes, become red, green and blue. */
export function toRgb(pixels: i32, count: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels; at < end; at += 4) {
    const luma = (u8At(at) << 16) + 32768;
    const blue = u8At(at + 1) - 128;
    const red = u8At(at + 2) - 128;
    setU8(at, clamp((luma + red * 91881) >> 16));
    setU8(at + 1, clamp((luma - blue * 22554 - red * 46802) >> 16));
    setU8(at + 2, clamp((luma + blue * 116130) >> 16));
  }
}

/** Sets every fourth byte of the pixels. */
export function setAlpha(pixels: i32, count: i32, value: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels + 3; at < end; at += 4) setU8(at, value);
}

/** Copies the first byte of every four to the second and third. */
export function spreadGrey(pixels: i32, count: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels; at < end; at += 4) {
    const grey = u8At(at);
    setU8(at + 1, grey);
    setU8(at + 2, grey);
  }
}

/** Inks as light (255 is none of it), black in the fourth byte, become red, green and blue. */
export function applyBlack(pixels: i32, count: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels; at < end; at += 4) {
    const light = u8At(at + 3);
    for (let n = 0; n < 3; n++) setU8(at + n, ((u8At(at + n) * light + 127) * 257) >> 16);
  }
}

/** Turns every byte of the pixels round: 255 less it. */
export function invert(pixels: i32, count: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels; at < end; at++) setU8(at, 255 - u8At(at));
}

/**
 * Converts pixels from one set of primaries and tone curves to sRGB.
 *
 * @param curves 3 × 256 words: linear light of each sample, 0 to 4095 × 16
 * @param matrix nine words in 12-bit fixed point
 * @param tones 4,096 bytes: the sRGB sample of linear light 0 to 4095
 */
export function convertColours(pixels: i32, count: i32, curves: i32, matrix: i32, tones: i32): void {
  const end = pixels + count * 4;
  for (let at = pixels; at < end; at += 4) {
    const r = i32At(curves + u8At(at) * 4);
    const g = i32At(curves + 1024 + u8At(at + 1) * 4);
    const b = i32At(curves + 2048 + u8At(at + 2) * 4);
    for (let n = 0; n < 3; n++) {
      const row = matrix + n * 12;
      const light = (r * i32At(row) + g * i32At(row + 4) + b * i32At(row + 8) + 32768) >> 16;
      setU8(at + n, u8At(tones + (light < 0 ? 0 : light > 4095 ? 4095 : light)));
    }
  }
}
