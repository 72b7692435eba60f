import { createJimp } from "@jimp/core";
import jpeg from "@jimp/js-jpeg";
import png from "@jimp/js-png";
import { methods as crop } from "@jimp/plugin-crop";
import { methods as resize } from "@jimp/plugin-resize";
import { imagingError } from "./errors";
import { readImageHeader } from "./header";

export { readImageHeader, type ImageHeader } from "./header";

/** A square of the upright photo, in whole pixels of the upright full-size photo. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/** One thumbnail: `size` × `size` pixels. */
export interface Thumbnail {
  readonly size: number;
  readonly jpeg: Buffer;
}

export interface ThumbnailOptions {
  /** What of the upright photo is shown. It must lie inside the photo. */
  readonly square: Square;
  /** Side lengths of the thumbnails in pixels; one larger than the square is enlarged smoothly. */
  readonly sizes: readonly number[];
  /** JPEG quality, 1 to 100, on the scale of libjpeg. */
  readonly quality: number;
  /** Photos with more pixels than this are refused from their header alone. */
  readonly maxPixels: number;
}

const Jimp = createJimp({ formats: [jpeg, png], plugins: [crop, resize] });

/**
 * Decodes once, crops, resizes to every size, encodes as baseline JPEG 4:2:0 sRGB without metadata.
 *
 * @returns the thumbnails in the order of `sizes`
 * @throws FILE_CORRUPT, FORMAT_NOT_SUPPORTED or IMAGE_TOO_LARGE by name, for photos; RangeError for options that
 *   do not fit the photo, which is the caller's fault and no judgement on the photo
 */
export async function createThumbnails(photo: Uint8Array, options: ThumbnailOptions): Promise<readonly Thumbnail[]> {
  const header = readImageHeader(photo);
  const pixels = header.width * header.height;
  if (pixels > options.maxPixels) {
    throw imagingError(
      "IMAGE_TOO_LARGE",
      `The photo has ${header.width}×${header.height} = ${pixels} pixels; the limit is ${options.maxPixels}.`,
    );
  }
  checkOptions(options, header.width, header.height);
  const { left, top, size } = options.square;
  const format = header.format === "jpeg" ? jpeg() : png();
  const upright = turn(await decode(format, photo), header.orientation);
  const image = new Jimp(upright).crop({ x: left, y: top, w: size, h: size });
  const thumbnails: Thumbnail[] = [];
  for (const side of options.sizes) {
    const { data, width, height } = image.bitmap;
    const small = new Jimp({ data: Buffer.from(data), width, height }).resize({ w: side, h: side });
    thumbnails.push({ size: side, jpeg: await small.getBuffer("image/jpeg", { quality: options.quality }) });
  }
  return thumbnails;
}

interface Bitmap {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

async function decode(format: ReturnType<typeof jpeg> | ReturnType<typeof png>, photo: Uint8Array): Promise<Bitmap> {
  try {
    return await format.decode(Buffer.from(photo.buffer, photo.byteOffset, photo.byteLength));
  } catch (error) {
    throw imagingError("FILE_CORRUPT", `The photo cannot be decoded: ${(error as Error).message}`, error);
  }
}

function checkOptions({ square, sizes, quality }: ThumbnailOptions, width: number, height: number): void {
  const { left, top, size } = square;
  const whole = [left, top, size, ...sizes].every((value) => Number.isInteger(value));
  if (!whole || left < 0 || top < 0 || size < 1 || left + size > width || top + size > height) {
    throw new RangeError(
      `The square (left ${left}, top ${top}, size ${size}) must be whole pixels inside the upright photo of ${width}×${height}.`,
    );
  }
  if (sizes.length === 0 || sizes.some((side) => side < 1 || side > 4096)) {
    throw new RangeError(`The sizes [${sizes.join(", ")}] must be at least one whole number of 1 to 4096 pixels.`);
  }
  if (!(quality >= 1 && quality <= 100)) throw new RangeError(`The quality ${quality} must be 1 to 100.`);
}

/** The bitmap as it is looked at: EXIF orientation says where the stored first row and column belong. */
function turn({ data, width, height }: Bitmap, orientation: number): Bitmap {
  if (orientation === 1) return { data, width, height };
  const turned = orientation >= 5;
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  const [outWidth, outHeight] = turned ? [height, width] : [width, height];
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const out = new Uint32Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [u, v] = turned ? [y, x] : [x, y];
      const column = mirrored ? width - 1 - u : u;
      const row = flipped ? height - 1 - v : v;
      out[y * outWidth + x] = from[row * width + column] ?? 0;
    }
  }
  return { data: Buffer.from(out.buffer), width: outWidth, height: outHeight };
}
