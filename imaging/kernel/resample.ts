import { clamp } from "./idct";
import { i16At, i32At, setI16, setI32, setU8, u8At } from "./memory";

/**
 * Resamples the rows of a plane of bytes to another width.
 *
 * @param taps for each output column two words, its first source column and how many follow, and the address of its
 *   16-bit weights in a third; the weights of a column add up to 16384
 * @param out 16-bit samples with 6 fractional bits
 */
export function resampleRows(plane: i32, stride: i32, rows: i32, taps: i32, width: i32, out: i32): void {
  for (let y = 0; y < rows; y++) {
    const row = plane + y * stride;
    for (let x = 0; x < width; x++) {
      const tap = taps + x * 12;
      const count = i32At(tap + 4);
      const weights = i32At(tap + 8);
      const from = row + i32At(tap);
      let sum = 128;
      for (let n = 0; n < count; n++) sum += u8At(from + n) * i16At(weights + n * 2);
      setI16(out + x * 2, sum >> 8);
    }
    out += width * 2;
  }
}

/**
 * Resamples the columns of what {@link resampleRows} made to another height.
 *
 * @param sums `width` words to work in
 * @param out bytes, `outStep` apart in a row and `outStride` between rows
 */
export function resampleColumns(
  source: i32,
  width: i32,
  taps: i32,
  height: i32,
  sums: i32,
  out: i32,
  outStep: i32,
  outStride: i32,
): void {
  for (let y = 0; y < height; y++) {
    const tap = taps + y * 12;
    const count = i32At(tap + 4);
    const weights = i32At(tap + 8);
    let from = source + i32At(tap) * width * 2;
    for (let x = 0; x < width; x++) setI32(sums + x * 4, 1 << 19);
    for (let n = 0; n < count; n++) {
      const weight = i16At(weights + n * 2);
      for (let x = 0; x < width; x++) {
        setI32(sums + x * 4, i32At(sums + x * 4) + i16At(from + x * 2) * weight);
      }
      from += width * 2;
    }
    const row = out + y * outStride;
    for (let x = 0; x < width; x++) setU8(row + x * outStep, clamp(i32At(sums + x * 4) >> 20));
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
