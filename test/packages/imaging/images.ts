import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";

const demo = join(dirname(require.resolve("@vladmandic/face-api/package.json")), "demo");

/** A real photo of people, 1 to 6. */
export const realPhoto = (number = 1): Buffer => readFileSync(join(demo, `sample${number}.jpg`));

/** Mean and greatest difference of the red, green and blue of two images of as many samples. */
export function compare(one: Uint8Array, other: Uint8Array): { mean: number; most: number } {
  if (one.length !== other.length) return { mean: Infinity, most: Infinity };
  let sum = 0;
  let most = 0;
  for (let at = 0; at < one.length; at++) {
    const difference = Math.abs((one[at] ?? 0) - (other[at] ?? 0));
    sum += difference;
    most = Math.max(most, difference);
  }
  return { mean: sum / one.length, most };
}

/** jimp's RGBA without the alpha. */
export function rgbOf({ data }: { readonly data: Uint8Array }): Buffer {
  return Buffer.from(data.filter((_, at) => at % 4 !== 3));
}

/** An independent decoder's (libjpeg, libpng) result for an image: red, green, blue, on white. */
export async function independentRgb(image: Buffer): Promise<Buffer> {
  return sharp(image).flatten({ background: "white" }).toColourspace("srgb").raw().toBuffer();
}

/** Samples with slopes and waves, different for each channel. */
export function pattern(channel: number): (x: number, y: number) => number {
  return (x, y) => {
    const wave = Math.sin(x / (5 + channel * 3)) * Math.cos(y / (7 - channel)) * 60;
    return Math.min(255, Math.max(0, 128 + wave + (x - y) * (0.4 - channel * 0.3)));
  };
}
