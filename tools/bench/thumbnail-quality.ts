import sharp from "sharp";
import { jpegFormat, pngFormat } from "../../packages/imaging/formats";
import { readImageHeader } from "../../packages/imaging/file/header";
import { storedRegion, type Region } from "../../packages/imaging/region";
import type { Square } from "./thumbnail-contestants";

/** Three 8-bit channels, interleaved. */
export interface Rgb {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Quality {
  /** Peak signal to noise in dB over all three channels. */
  readonly psnr: number;
  /** Mean structural similarity of luma, in windows of 8 × 8. */
  readonly ssim: number;
}

/**
 * Compares our bitmaps and sharp's, before encoding, with a full-size decode that is cut and then resampled with an
 * exact Lanczos filter of three lobes, in double precision.
 */
export async function compareQuality(photo: Buffer, square: Square, side: number) {
  const header = readImageHeader(photo);
  const region = storedRegion({ ...square, width: square.size, height: square.size }, header);
  const decoded = await sharp(photo, { limitInputPixels: false }).toColourspace("srgb").removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  const full: Rgb = { data: decoded.data, width: decoded.info.width, height: decoded.info.height };
  const reference = lanczos(cut(full, region), side, side);
  const format = header.format === "jpeg" ? jpegFormat() : pngFormat();
  const { data } = await format.decode(photo, { region, width: side, height: side });
  const ours = { data: dropAlpha(data), width: side, height: side };
  return { ours: measure(ours, reference), sharp: await measureSharp(photo, full, region, reference) };
}

/**
 * sharp's own way with the same photo. Its covers are cut from a resized photo of whole pixels, up to half a pixel off:
 * the whole photo is compared, to measure only the filter.
 */
async function measureSharp(photo: Buffer, full: Rgb, region: Region, reference: Rgb): Promise<Quality> {
  const side = reference.width;
  const short = Math.min(full.width, full.height);
  const image = sharp(photo, { limitInputPixels: false });
  if (region.width < short) {
    const data = await image.extract(region).resize(side, side).removeAlpha().raw().toBuffer();
    return measure({ ...reference, data }, reference);
  }
  const width = Math.round((side * full.width) / short);
  const height = Math.round((side * full.height) / short);
  const data = await image.resize(width, height, { fit: "fill" }).removeAlpha().raw().toBuffer();
  return measure({ data, width, height }, lanczos(full, width, height));
}

function dropAlpha(data: Uint8Array): Uint8Array {
  const out = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) out.set(data.subarray(from, from + 3), to);
  return out;
}

function cut(image: Rgb, region: Region): Rgb {
  const { left, top, width, height } = region;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}

function lanczos3(x: number): number {
  if (x === 0) return 1;
  return Math.abs(x) < 3 ? (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2 : 0;
}

function weightsOf(from: number, to: number) {
  const spread = Math.max(1, from / to);
  return Array.from({ length: to }, (_, index) => {
    const centre = ((index + 0.5) * from) / to - 0.5;
    const first = Math.ceil(centre - 3 * spread);
    const raw = Array.from({ length: Math.floor(centre + 3 * spread) - first + 1 }, (_unused, n) =>
      lanczos3((first + n - centre) / spread),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: Float64Array.from(raw, (weight) => weight / sum) };
  });
}

/** Resamples with edges repeated. */
export function lanczos(image: Rgb, width: number, height: number): Rgb {
  const rows = new Float64Array(image.height * width * 3);
  weightsOf(image.width, width).forEach(({ first, weights }, x) => {
    for (let y = 0; y < image.height; y++) {
      for (let n = 0; n < weights.length; n++) {
        const column = Math.min(image.width - 1, Math.max(0, first + n));
        const from = (y * image.width + column) * 3;
        const to = (y * width + x) * 3;
        const weight = weights[n] as number;
        rows[to] = (rows[to] as number) + (image.data[from] as number) * weight;
        rows[to + 1] = (rows[to + 1] as number) + (image.data[from + 1] as number) * weight;
        rows[to + 2] = (rows[to + 2] as number) + (image.data[from + 2] as number) * weight;
      }
    }
  });
  const data = new Uint8Array(width * height * 3);
  weightsOf(image.height, height).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width * 3; x++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) {
        const row = Math.min(image.height - 1, Math.max(0, first + n));
        sum += (rows[row * width * 3 + x] as number) * (weights[n] as number);
      }
      data[y * width * 3 + x] = Math.min(255, Math.max(0, Math.round(sum)));
    }
  });
  return { data, width, height };
}

export function measure(image: Rgb, reference: Rgb): Quality {
  let sum = 0;
  for (let at = 0; at < reference.data.length; at++) {
    sum += ((image.data[at] ?? 0) - (reference.data[at] ?? 0)) ** 2;
  }
  const psnr = 10 * Math.log10((255 * 255 * reference.data.length) / Math.max(sum, 1e-9));
  return { psnr, ssim: structuralSimilarity(lumaOf(image), lumaOf(reference), reference.width, reference.height) };
}

function lumaOf({ data }: Rgb): Float64Array {
  return Float64Array.from(
    { length: data.length / 3 },
    (_, n) => 0.299 * (data[n * 3] ?? 0) + 0.587 * (data[n * 3 + 1] ?? 0) + 0.114 * (data[n * 3 + 2] ?? 0),
  );
}

function structuralSimilarity(a: Float64Array, b: Float64Array, width: number, height: number): number {
  let total = 0;
  let windows = 0;
  for (let top = 0; top + 8 <= height; top += 4) {
    for (let left = 0; left + 8 <= width; left += 4) {
      total += similarityOfWindow(a, b, width, left, top);
      windows++;
    }
  }
  return total / windows;
}

function similarityOfWindow(a: Float64Array, b: Float64Array, width: number, left: number, top: number): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let y = top; y < top + 8; y++) {
    for (let x = left; x < left + 8; x++) {
      const p = a[y * width + x] as number;
      const q = b[y * width + x] as number;
      sumA += p;
      sumB += q;
      sumAA += p * p;
      sumBB += q * q;
      sumAB += p * q;
    }
  }
  const [meanA, meanB] = [sumA / 64, sumB / 64];
  const covariance = sumAB / 64 - meanA * meanB;
  const variances = sumAA / 64 - meanA * meanA + sumBB / 64 - meanB * meanB;
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA * meanA + meanB * meanB + c1) * (variances + c2));
}
