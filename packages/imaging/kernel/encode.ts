import { bitLength, i32At, setI32, setU8, u8At } from "./memory";

/** The encoder's record: addresses and state, 32-bit fields at these offsets. */
export const E_PIXELS: i32 = 0;
export const E_WIDTH: i32 = 4;
export const E_HEIGHT: i32 = 8;
/** Quantization steps in zigzag order, 64 words each. */
export const E_LUMA_QUANT: i32 = 12;
export const E_CHROMA_QUANT: i32 = 16;
/** Huffman codes by symbol: code in bits 8 and up, length below; 256 words each. */
export const E_LUMA_DC: i32 = 20;
export const E_LUMA_AC: i32 = 24;
export const E_CHROMA_DC: i32 = 28;
export const E_CHROMA_AC: i32 = 32;
/** Natural index by zigzag index, 64 bytes. */
export const E_ZIGZAG: i32 = 36;
/** Working memory in words: 256 luma, 64 + 64 chroma, 64 + 64 for a block, one after the other. */
export const E_WORK: i32 = 40;
export const E_OUT: i32 = 44;
/** The next byte's address, the bits not yet written (at the top) and their number. */
export const E_NEXT: i32 = 48;
export const E_BITS: i32 = 52;
export const E_COUNT: i32 = 56;
/** The last DC value of each component. */
export const E_LUMA_LAST: i32 = 60;
export const E_BLUE_LAST: i32 = 64;
export const E_RED_LAST: i32 = 68;
export const E_SIZE: i32 = 72;

/** Appends bits, at most 16, to the stream, with a 0 after every byte ff. */
function put(encoder: i32, value: i32, length: i32): void {
  let count = i32At(encoder + E_COUNT) + length;
  const bits = i32At(encoder + E_BITS) | (value << (32 - count));
  if (count < 16) {
    setI32(encoder + E_BITS, bits);
    setI32(encoder + E_COUNT, count);
    return;
  }
  let next = i32At(encoder + E_NEXT);
  const first = bits >>> 24;
  setU8(next, first);
  next++;
  if (first === 255) {
    setU8(next, 0);
    next++;
  }
  const second = (bits >>> 16) & 255;
  setU8(next, second);
  next++;
  if (second === 255) {
    setU8(next, 0);
    next++;
  }
  count -= 16;
  setI32(encoder + E_NEXT, next);
  setI32(encoder + E_BITS, bits << 16);
  setI32(encoder + E_COUNT, count);
}

/** Fills the last byte with ones and writes it. */
export function finishStream(encoder: i32): void {
  const count = i32At(encoder + E_COUNT);
  if (count === 0) return;
  const spare = count > 8 ? 16 - count : 8 - count;
  put(encoder, (1 << spare) - 1, spare);
  if (count > 8) return;
  let next = i32At(encoder + E_NEXT);
  const last = i32At(encoder + E_BITS) >>> 24;
  setU8(next, last);
  next++;
  if (last === 255) {
    setU8(next, 0);
    next++;
  }
  setI32(encoder + E_NEXT, next);
}

/** Writes the code of a value's size class, and then the value's bits. */
function putValue(encoder: i32, table: i32, run: i32, value: i32): void {
  const size = bitLength(value < 0 ? -value : value);
  const code = i32At(table + ((run << 4) | size) * 4);
  put(encoder, code >> 8, code & 255);
  if (size > 0) put(encoder, value < 0 ? value + (1 << size) - 1 : value, size);
}

/** The forward transform of Loeffler, Ligtenberg and Moschytz over eight words, `step` bytes apart. */
function transformLine(at: i32, step: i32, shift: i32, scale: i32): void {
  const s0 = i32At(at);
  const s1 = i32At(at + step);
  const s2 = i32At(at + step * 2);
  const s3 = i32At(at + step * 3);
  const s4 = i32At(at + step * 4);
  const s5 = i32At(at + step * 5);
  const s6 = i32At(at + step * 6);
  const s7 = i32At(at + step * 7);
  const a0 = s0 + s7;
  const a7 = s0 - s7;
  const a1 = s1 + s6;
  const a6 = s1 - s6;
  const a2 = s2 + s5;
  const a5 = s2 - s5;
  const a3 = s3 + s4;
  const a4 = s3 - s4;
  const b0 = a0 + a3;
  const b3 = a0 - a3;
  const b1 = a1 + a2;
  const b2 = a1 - a2;
  const round = 1 << (shift - 1);
  // The sums contain no constant: they are shifted to the scale of the products.
  setI32(at, (((b0 + b1) << scale) + round) >> shift);
  setI32(at + step * 4, (((b0 - b1) << scale) + round) >> shift);
  const even = (b2 + b3) * 4433 + round;
  setI32(at + step * 2, (even + b3 * 6270) >> shift);
  setI32(at + step * 6, (even - b2 * 15137) >> shift);
  const turn = (a4 + a6 + a5 + a7) * 9633 + round;
  const z1 = (a4 + a7) * -7373;
  const z2 = (a5 + a6) * -20995;
  const z3 = (a4 + a6) * -16069 + turn;
  const z4 = (a5 + a7) * -3196 + turn;
  setI32(at + step * 7, (a4 * 2446 + z1 + z3) >> shift);
  setI32(at + step * 5, (a5 * 16819 + z2 + z4) >> shift);
  setI32(at + step * 3, (a6 * 25172 + z2 + z3) >> shift);
  setI32(at + step, (a7 * 12299 + z1 + z4) >> shift);
}

/** Transforms, quantizes and writes a block of 8×8 words, `stride` bytes between its rows. */
function encodeBlock(encoder: i32, samples: i32, stride: i32, quant: i32, last: i32, dc: i32, ac: i32): void {
  const block = i32At(encoder + E_WORK) + 1536;
  const zigzag = i32At(encoder + E_ZIGZAG);
  for (let y = 0; y < 8; y++) {
    const from = samples + y * stride;
    const to = block + y * 32;
    for (let x = 0; x < 32; x += 4) setI32(to + x, i32At(from + x));
    // Two fractional bits are kept between the passes.
    transformLine(to, 4, 11, 13);
  }
  for (let x = 0; x < 32; x += 4) transformLine(block + x, 32, 15, 13);
  let run = 0;
  for (let k = 0; k < 64; k++) {
    const value = i32At(block + (u8At(zigzag + k) << 2));
    // The transform's values are 8 times those that the steps are defined for.
    const step = i32At(quant + (k << 2)) << 3;
    const size = (value < 0 ? -value : value) + (step >> 1);
    let level = 0;
    if (size >= step) {
      level = (size / step) | 0;
      if (value < 0) level = -level;
    }
    if (k === 0) {
      putValue(encoder, dc, 0, level - i32At(last));
      setI32(last, level);
    } else if (level === 0) {
      run++;
    } else {
      while (run > 15) {
        const skip = i32At(ac + 0xf0 * 4);
        put(encoder, skip >> 8, skip & 255);
        run -= 16;
      }
      putValue(encoder, ac, run, level);
      run = 0;
    }
  }
  if (run > 0) {
    const end = i32At(ac);
    put(encoder, end >> 8, end & 255);
  }
}

/** Converts 16×16 pixels, repeated beyond the image's edges, to 256 luma and 64 + 64 chroma samples centred on 0. */
function loadUnit(encoder: i32, left: i32, top: i32): void {
  const width = i32At(encoder + E_WIDTH);
  const height = i32At(encoder + E_HEIGHT);
  const luma = i32At(encoder + E_WORK);
  const blues = luma + 1024;
  const reds = luma + 1280;
  for (let y = 0; y < 16; y += 2) {
    for (let x = 0; x < 16; x += 2) {
      let blue = 0;
      let red = 0;
      for (let n = 0; n < 4; n++) {
        const column = left + x + (n & 1);
        const row = top + y + (n >> 1);
        const inX = column < width ? column : width - 1;
        const inY = row < height ? row : height - 1;
        const pixel = i32At(encoder + E_PIXELS) + (inY * width + inX) * 4;
        const r = u8At(pixel);
        const g = u8At(pixel + 1);
        const b = u8At(pixel + 2);
        const at = luma + ((y + (n >> 1)) * 16 + x + (n & 1)) * 4;
        setI32(at, ((r * 19595 + g * 38470 + b * 7471 + 32768) >> 16) - 128);
        blue += b * 32768 - r * 11059 - g * 21709;
        red += r * 32768 - g * 27439 - b * 5329;
      }
      const at = ((y >> 1) * 8 + (x >> 1)) * 4;
      setI32(blues + at, (blue + 131072) >> 18);
      setI32(reds + at, (red + 131072) >> 18);
    }
  }
}

/** Encodes one row of 16×16 pixel units (4:2:0), from the pixel row `top` on, to the address in E_OUT. */
export function encodeRow(encoder: i32, top: i32): void {
  setI32(encoder + E_NEXT, i32At(encoder + E_OUT));
  const width = i32At(encoder + E_WIDTH);
  const work = i32At(encoder + E_WORK);
  const lumaQuant = i32At(encoder + E_LUMA_QUANT);
  const chromaQuant = i32At(encoder + E_CHROMA_QUANT);
  const lumaDc = i32At(encoder + E_LUMA_DC);
  const lumaAc = i32At(encoder + E_LUMA_AC);
  const chromaDc = i32At(encoder + E_CHROMA_DC);
  const chromaAc = i32At(encoder + E_CHROMA_AC);
  for (let left = 0; left < width; left += 16) {
    loadUnit(encoder, left, top);
    encodeBlock(encoder, work, 64, lumaQuant, encoder + E_LUMA_LAST, lumaDc, lumaAc);
    encodeBlock(encoder, work + 32, 64, lumaQuant, encoder + E_LUMA_LAST, lumaDc, lumaAc);
    encodeBlock(encoder, work + 512, 64, lumaQuant, encoder + E_LUMA_LAST, lumaDc, lumaAc);
    encodeBlock(encoder, work + 544, 64, lumaQuant, encoder + E_LUMA_LAST, lumaDc, lumaAc);
    encodeBlock(encoder, work + 1024, 32, chromaQuant, encoder + E_BLUE_LAST, chromaDc, chromaAc);
    encodeBlock(encoder, work + 1280, 32, chromaQuant, encoder + E_RED_LAST, chromaDc, chromaAc);
  }
}
