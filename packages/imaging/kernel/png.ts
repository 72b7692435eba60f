import { i32At, setI16, setI32, setU8, u16At, u8At } from "./memory";

/**
 * Undoes a row's filter in place.
 *
 * @param row the bytes after the filter byte; `before` likewise of the row above, zeros for the first
 * @param pixel whole bytes a pixel, at least 1
 * @returns 0, or -1 for a filter that PNG does not have
 */
export function unfilter(filter: i32, row: i32, before: i32, length: i32, pixel: i32): i32 {
  if (filter === 0) return 0;
  if (filter === 1) {
    for (let n = pixel; n < length; n++) setU8(row + n, u8At(row + n) + u8At(row + n - pixel));
  } else if (filter === 2) {
    for (let n = 0; n < length; n++) setU8(row + n, u8At(row + n) + u8At(before + n));
  } else if (filter === 3) {
    for (let n = 0; n < pixel; n++) setU8(row + n, u8At(row + n) + (u8At(before + n) >> 1));
    for (let n = pixel; n < length; n++) {
      setU8(row + n, u8At(row + n) + ((u8At(row + n - pixel) + u8At(before + n)) >> 1));
    }
  } else if (filter === 4) {
    for (let n = 0; n < pixel; n++) setU8(row + n, u8At(row + n) + u8At(before + n));
    if (pixel === 3) {
      paethOf3(row, before, length);
    } else if (pixel === 4) {
      paethOf4(row, before, length);
    } else {
      for (let n = pixel; n < length; n++) {
        const predicted = paeth(u8At(row + n - pixel), u8At(before + n), u8At(before + n - pixel));
        setU8(row + n, u8At(row + n) + predicted);
      }
    }
  } else {
    return -1;
  }
  return 0;
}

/** The nearest of left, above and above-left to left + above - above-left. */
function paeth(left: i32, above: i32, corner: i32): i32 {
  const byLeft = above - corner;
  const byAbove = left - corner;
  const byCorner = byLeft + byAbove;
  const toLeft = byLeft < 0 ? -byLeft : byLeft;
  const toAbove = byAbove < 0 ? -byAbove : byAbove;
  const toCorner = byCorner < 0 ? -byCorner : byCorner;
  const nearer = toAbove < toLeft ? above : left;
  const distance = toAbove < toLeft ? toAbove : toLeft;
  return toCorner < distance ? corner : nearer;
}

/** Paeth's filter over three-byte pixels, with the neighbours in locals: the common case of photos. */
function paethOf3(row: i32, before: i32, length: i32): void {
  let a0 = u8At(row);
  let a1 = u8At(row + 1);
  let a2 = u8At(row + 2);
  let c0 = u8At(before);
  let c1 = u8At(before + 1);
  let c2 = u8At(before + 2);
  for (let n = 3; n < length; n += 3) {
    const b0 = u8At(before + n);
    const b1 = u8At(before + n + 1);
    const b2 = u8At(before + n + 2);
    a0 = (u8At(row + n) + paeth(a0, b0, c0)) & 255;
    a1 = (u8At(row + n + 1) + paeth(a1, b1, c1)) & 255;
    a2 = (u8At(row + n + 2) + paeth(a2, b2, c2)) & 255;
    c0 = b0;
    c1 = b1;
    c2 = b2;
    setU8(row + n, a0);
    setU8(row + n + 1, a1);
    setU8(row + n + 2, a2);
  }
}

function paethOf4(row: i32, before: i32, length: i32): void {
  let a0 = u8At(row);
  let a1 = u8At(row + 1);
  let a2 = u8At(row + 2);
  let a3 = u8At(row + 3);
  for (let n = 4; n < length; n += 4) {
    const c = before + n - 4;
    a0 = (u8At(row + n) + paeth(a0, u8At(c + 4), u8At(c))) & 255;
    a1 = (u8At(row + n + 1) + paeth(a1, u8At(c + 5), u8At(c + 1))) & 255;
    a2 = (u8At(row + n + 2) + paeth(a2, u8At(c + 6), u8At(c + 2))) & 255;
    a3 = (u8At(row + n + 3) + paeth(a3, u8At(c + 7), u8At(c + 3))) & 255;
    setU8(row + n, a0);
    setU8(row + n + 1, a1);
    setU8(row + n + 2, a2);
    setU8(row + n + 3, a3);
  }
}

/** A sample on white: 255 where alpha is 0. */
function onWhite(sample: i32, alpha: i32): i32 {
  return (((sample - 255) * alpha + 255 * 255 + 127) * 257) >> 16;
}

/**
 * Pixels of a row from column `left` on as 8-bit red, green and blue, on white where they are transparent.
 *
 * @param type PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha
 * @param depth bits a sample
 * @param palette 256 × red, green, blue, already on white (type 3)
 * @param key the transparent grey or red, green, blue as three words in the file's own depth, or 0 when there is none
 */
export function expandRow(
  row: i32,
  left: i32,
  count: i32,
  type: i32,
  depth: i32,
  palette: i32,
  key: i32,
  out: i32,
): void {
  const channels = type === 2 ? 3 : type === 4 ? 2 : type === 6 ? 4 : 1;
  const bytes = depth === 16 ? 2 : 1;
  const coloured = type === 2 || type === 6;
  const transparent = type === 4 || type === 6;
  const greatest = depth < 8 ? (1 << depth) - 1 : 255;
  for (let x = left; x < left + count; x++) {
    if (depth < 8) {
      const bit = x * depth;
      const sample = (u8At(row + (bit >> 3)) >> (8 - depth - (bit & 7))) & greatest;
      if (type === 3) copyColour(palette + sample * 3, out);
      else spread(out, key !== 0 && sample === i32At(key) ? 255 : ((sample * 255) / greatest) | 0);
    } else {
      const pixel = row + x * channels * bytes;
      if (type === 3) {
        copyColour(palette + u8At(pixel) * 3, out);
      } else {
        // 16-bit samples keep their upper 8 bits.
        if (coloured) {
          setU8(out, u8At(pixel));
          setU8(out + 1, u8At(pixel + bytes));
          setU8(out + 2, u8At(pixel + bytes * 2));
        } else {
          spread(out, u8At(pixel));
        }
        if (transparent) {
          const alpha = u8At(pixel + (channels - 1) * bytes);
          for (let n = 0; n < 3; n++) setU8(out + n, onWhite(u8At(out + n), alpha));
        } else if (key !== 0 && matchesKey(pixel, channels, bytes, key)) {
          spread(out, 255);
        }
      }
    }
    out += 3;
  }
}

function copyColour(from: i32, to: i32): void {
  setU8(to, u8At(from));
  setU8(to + 1, u8At(from + 1));
  setU8(to + 2, u8At(from + 2));
}

function spread(to: i32, value: i32): void {
  setU8(to, value);
  setU8(to + 1, value);
  setU8(to + 2, value);
}

function matchesKey(pixel: i32, channels: i32, bytes: i32, key: i32): boolean {
  for (let n = 0; n < channels; n++) {
    let sample = u8At(pixel + n * bytes);
    if (bytes === 2) sample = (sample << 8) | u8At(pixel + n * bytes + 1);
    if (sample !== i32At(key + n * 4)) return false;
  }
  return true;
}

/** Adds a row of RGB pixels to sums, `factor` pixels to each; the last pixel is repeated where the row ends early. */
export function addRow(row: i32, count: i32, factor: i32, sums: i32): void {
  const end = row + count * 3;
  let at = row;
  while (at + factor * 3 <= end) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let n = 0; n < factor; n++) {
      red += u8At(at);
      green += u8At(at + 1);
      blue += u8At(at + 2);
      at += 3;
    }
    setI32(sums, i32At(sums) + red);
    setI32(sums + 4, i32At(sums + 4) + green);
    setI32(sums + 8, i32At(sums + 8) + blue);
    sums += 12;
  }
  if (at >= end) return;
  for (let n = 0; n < factor; n++) {
    for (let c = 0; c < 3; c++) setI32(sums + c * 4, i32At(sums + c * 4) + u8At(at + c));
    if (at + 3 < end) at += 3;
  }
}

/** Writes the means of `area` pixels from their sums into three planes, and clears the sums. */
export function writeMeans(sums: i32, count: i32, area: i32, planes: i32, planeSize: i32): void {
  const half = area >> 1;
  for (let x = 0; x < count; x++) {
    for (let c = 0; c < 3; c++) {
      setU8(planes + c * planeSize + x, ((i32At(sums) + half) / area) | 0);
      setI32(sums, 0);
      sums += 4;
    }
  }
}

/** Writes the RGB pixels of one row of an Adam7 pass to their places in three planes, `step` columns apart. */
export function scatter(from: i32, count: i32, planes: i32, step: i32, planeSize: i32): void {
  for (let x = 0; x < count; x++) {
    setU8(planes, u8At(from));
    setU8(planes + planeSize, u8At(from + 1));
    setU8(planes + planeSize * 2, u8At(from + 2));
    from += 3;
    planes += step;
  }
}

/**
 * Adds the RGB pixels of one row of an Adam7 pass to the sums of their squares: three sums of 16 bits each.
 *
 * @param left column of the first pixel, `step` columns before the next
 * @param last the column to count `repeats` more times
 */
export function addScattered(
  from: i32,
  count: i32,
  left: i32,
  step: i32,
  factor: i32,
  last: i32,
  repeats: i32,
  sums: i32,
): void {
  let column = left;
  for (let x = 0; x < count; x++) {
    const sum = sums + ((column / factor) | 0) * 6;
    const times = column === last ? repeats + 1 : 1;
    setI16(sum, u16At(sum) + u8At(from) * times);
    setI16(sum + 2, u16At(sum + 2) + u8At(from + 1) * times);
    setI16(sum + 4, u16At(sum + 4) + u8At(from + 2) * times);
    from += 3;
    column += step;
  }
}

/** As {@link writeMeans}, from sums of 16 bits. */
export function writeScattered(sums: i32, count: i32, area: i32, planes: i32, planeSize: i32): void {
  const half = area >> 1;
  for (let x = 0; x < count; x++) {
    for (let c = 0; c < 3; c++) setU8(planes + c * planeSize + x, ((u16At(sums + c * 2) + half) / area) | 0);
    sums += 6;
  }
}
