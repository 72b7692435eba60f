import { clamp } from "./idct";
import { i16At, i32At, setI16, setI32, setU8, u8At } from "./memory";
import { blendRows, colourPixels, dot } from "./vector";

/**
 * Resamples a plane of bytes to another size.
 *
 * Taps are, for each output row or column, three words: its first source row or column, their number, and the address
 * of its 16-bit weights, which add up to 16384 and are followed by zeros up to a multiple of eight.
 *
 * @param work room for one row of 16-bit samples and 16 more bytes, with zeros at the end
 * @param out 16-bit samples with 6 fractional bits, `step` bytes apart in a row and `stride` between rows
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
      setI16(at, (sum + (1 << 13)) >> 14);
      at += step;
    }
  }
}

/*
 * The functions below turn the samples of up to four components, eight bytes a pixel, into opaque pixels of red, green,
 * blue and alpha, four bytes each. Rounding comes last: rounding luma and chroma first would cost about 2 dB.
 */

function rounded(sample: i32): i32 {
  return clamp((sample + 32) >> 6);
}

export function finishGrey(samples: i32, count: i32, pixels: i32): void {
  for (let n = 0; n < count; n++) {
    const grey = rounded(i16At(samples));
    setI32(pixels, (grey * 0x010101) | (255 << 24));
    samples += 8;
    pixels += 4;
  }
}

export function finishRgb(samples: i32, count: i32, pixels: i32): void {
  for (let n = 0; n < count; n++) {
    setU8(pixels, rounded(i16At(samples)));
    setU8(pixels + 1, rounded(i16At(samples + 2)));
    setU8(pixels + 2, rounded(i16At(samples + 4)));
    setU8(pixels + 3, 255);
    samples += 8;
    pixels += 4;
  }
}

/** Luma and chroma of ITU-R BT.601, full range, as JFIF defines them. */
export function finishYcc(samples: i32, count: i32, pixels: i32): void {
  colourPixels(samples, count, pixels);
}

/** Cyan, magenta, yellow and black stored as light: 255 means no ink. */
export function finishCmyk(samples: i32, count: i32, pixels: i32): void {
  for (let n = 0; n < count; n++) {
    const light = rounded(i16At(samples + 6));
    for (let c = 0; c < 3; c++) setU8(pixels + c, ((rounded(i16At(samples + c * 2)) * light + 127) * 257) >> 16);
    setU8(pixels + 3, 255);
    samples += 8;
    pixels += 4;
  }
}

/** Adobe's YCCK: luma and chroma convert to the inks. */
export function finishYcck(samples: i32, count: i32, pixels: i32): void {
  colourPixels(samples, count, pixels);
  for (let n = 0; n < count; n++) {
    const light = rounded(i16At(samples + 6));
    for (let c = 0; c < 3; c++) setU8(pixels + c, (((255 - u8At(pixels + c)) * light + 127) * 257) >> 16);
    samples += 8;
    pixels += 4;
  }
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
