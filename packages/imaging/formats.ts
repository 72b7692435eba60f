import { withEngine, type EngineKind } from "./engine";
import { imagingError } from "./file/errors";
import { readImageHeader, type ImageHeader } from "./file/header";
import { decodeJpeg } from "./jpeg/decode";
import { encodeJpeg } from "./jpeg/encode";
import { decodePng } from "./png/decode";
import { asStored, type Region } from "./region";
import { render, type Bitmap, type Decoded } from "./render";
import type { Engine } from "./engine";

/** The region of a photo to decode, and its size: all optional, by default the whole photo at full size. */
export interface DecodeOptions {
  /** In pixels of the photo as it is stored. */
  readonly region?: Region;
  /** Sides of the bitmap, by default those of the region. */
  readonly width?: number;
  readonly height?: number;
}

export interface EncodeOptions {
  /** 1 to 100, on libjpeg's scale; 90 by default. */
  readonly quality?: number;
}

/**
 * A JPEG format for jimp's `createJimp`: it decodes the wanted region at about the wanted size, in sRGB and as stored
 * (jimp itself turns photos upright in `fromBuffer`), and encodes as baseline 4:2:0.
 */
export function jpegFormat(kind?: EngineKind) {
  return {
    mime: "image/jpeg" as const,
    // Bitmaps of photos are opaque: without this, jimp composites each on a background, pixel by pixel.
    hasAlpha: true,
    encode: (bitmap: Bitmap, { quality = 90 }: EncodeOptions = {}): Promise<Buffer> =>
      withEngine(kind, (engine) => encodeJpeg(engine, bitmap, quality)),
    decode: (data: Buffer, options: DecodeOptions = {}): Promise<Bitmap> => decodeBitmap(kind, data, "jpeg", options),
  };
}

/** A PNG format for jimp's `createJimp`, on white where the image is transparent. It only decodes. */
export function pngFormat(kind?: EngineKind) {
  return {
    mime: "image/png" as const,
    hasAlpha: true,
    encode: (): Promise<Buffer> => Promise.reject(new Error("This jimp writes JPEG only; ask for image/jpeg.")),
    decode: (data: Buffer, options: DecodeOptions = {}): Promise<Bitmap> => decodeBitmap(kind, data, "png", options),
  };
}

async function decodeBitmap(
  kind: EngineKind | undefined,
  data: Buffer,
  format: ImageHeader["format"],
  options: DecodeOptions,
): Promise<Bitmap> {
  const header = readImageHeader(data);
  if (header.format !== format) {
    throw imagingError(
      "FORMAT_NOT_SUPPORTED",
      `The file is a ${header.format.toUpperCase()}, not a ${format.toUpperCase()}.`,
    );
  }
  const [storedWidth, storedHeight] =
    header.orientation >= 5 ? [header.height, header.width] : [header.width, header.height];
  const { region = { left: 0, top: 0, width: storedWidth, height: storedHeight } } = options;
  const { width = region.width, height = region.height } = options;
  const ratio = Math.min(region.width / width, region.height / height);
  return withEngine(kind, async (engine) =>
    render(engine, await decodeRegion(engine, data, header, region, ratio), width, height, asStored),
  );
}

/** @param region in pixels of the photo as stored, inside it */
export async function decodeRegion(
  engine: Engine,
  photo: Buffer,
  header: ImageHeader,
  region: Region,
  ratio: number,
): Promise<Decoded> {
  return header.format === "jpeg"
    ? decodeJpeg(engine, photo, region, ratio)
    : await decodePng(engine, photo, region, ratio);
}
