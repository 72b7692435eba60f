import { createJimp } from "@jimp/core";
import { withEngine, type EngineKind } from "./engine";
import { imagingError } from "./file/errors";
import { decodeRegion, jpegFormat, pngFormat } from "./formats";
import { readImageHeader } from "./file/header";
import { storedRegion, turnOf } from "./region";
import { render } from "./render";

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
  /** The part of the upright photo that is shown. It must lie inside the photo. */
  readonly square: Square;
  /** Side lengths of the thumbnails, 1 to 2048 pixels; one larger than the square is enlarged smoothly. */
  readonly sizes: readonly number[];
  /** JPEG quality, 1 to 100, on the scale of libjpeg. */
  readonly quality: number;
  /** Photos with more pixels than this are refused based on the header alone. */
  readonly maxPixels: number;
}

/** With larger ones, a photo that the step must accept would no longer fit into its memory. */
const maxSide = 2048;

/** Makes thumbnails with one engine: the fastest available one, unless a kind is given. */
export function thumbnailer(kind?: EngineKind) {
  const Jimp = createJimp({ formats: [() => jpegFormat(kind), () => pngFormat(kind)] });

  return async function createThumbnails(photo: Uint8Array, options: ThumbnailOptions): Promise<readonly Thumbnail[]> {
    const file = Buffer.from(photo.buffer, photo.byteOffset, photo.byteLength);
    const header = readImageHeader(file);
    const pixels = header.width * header.height;
    if (pixels > options.maxPixels) {
      throw imagingError(
        "IMAGE_TOO_LARGE",
        `The photo has ${header.width}×${header.height} = ${pixels} pixels; the limit is ${options.maxPixels}.`,
      );
    }
    checkOptions(options, header.width, header.height);
    const { square, sizes, quality } = options;
    const region = storedRegion({ ...square, width: square.size, height: square.size }, header);
    // One decode serves all sizes: its scale is chosen for the largest of them.
    const ratio = square.size / Math.max(...sizes);
    return withEngine(kind, async (engine) => {
      const decoded = await decodeRegion(engine, file, header, region, ratio);
      const thumbnails: Thumbnail[] = [];
      // One after the other: thumbnails of some thousand pixels take more memory as bitmaps than the photo does.
      for (const size of sizes) {
        const bitmap = render(engine, decoded, size, size, turnOf(header.orientation));
        thumbnails.push({ size, jpeg: await new Jimp(bitmap).getBuffer("image/jpeg", { quality }) });
      }
      return thumbnails;
    });
  };
}

function checkOptions({ square, sizes, quality }: ThumbnailOptions, width: number, height: number): void {
  const { left, top, size } = square;
  const whole = [left, top, size, ...sizes].every((value) => Number.isInteger(value));
  if (!whole || left < 0 || top < 0 || size < 1 || left + size > width || top + size > height) {
    throw new RangeError(
      `The square (left ${left}, top ${top}, size ${size}) must be whole pixels inside the upright photo of ${width}×${height}.`,
    );
  }
  if (sizes.length === 0 || sizes.some((side) => side < 1 || side > maxSide)) {
    throw new RangeError(
      `The sizes [${sizes.join(", ")}] must be at least one whole number of 1 to ${maxSide} pixels.`,
    );
  }
  if (!(quality >= 1 && quality <= 100)) throw new RangeError(`The quality ${quality} must be 1 to 100.`);
}
