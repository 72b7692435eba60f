import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { readImageHeader } from "../../imaging/header";
import { engineError } from "./engine";
import { shrink, type Picture } from "./picture";

/** A phone's largest photo has 50 million; jpeg-js needs about 12 bytes for each while it decodes. */
const maxPixels = 64_000_000;

/**
 * Decodes a JPEG or PNG file to its upright picture, made smaller so that its longer side is at most `longSide`.
 * A JPEG is turned as its EXIF orientation says; a PNG is taken as it is stored, as Rekognition does. What is
 * transparent in a PNG is laid on white.
 *
 * @throws UnreadableImage, ImageTooManyPixels by name
 */
export function decodePicture(bytes: Buffer, longSide: number): Picture {
  const header = readHeader(bytes);
  const { width, height, orientation } = header;
  if (width * height > maxPixels) {
    throw engineError(
      "ImageTooManyPixels",
      `The photo has ${width}×${height} pixels; the local face engine takes at most ${maxPixels / 1e6} million.`,
    );
  }
  const stored = header.format === "jpeg" ? decodeJpeg(bytes) : decodePng(bytes);
  const scale = Math.min(1, longSide / Math.max(stored.width, stored.height));
  const small = shrink(
    stored,
    Math.max(1, Math.round(stored.width * scale)),
    Math.max(1, Math.round(stored.height * scale)),
  );
  return stand(small, orientation);
}

function readHeader(bytes: Buffer): ReturnType<typeof readImageHeader> {
  try {
    return readImageHeader(bytes);
  } catch (error) {
    throw engineError("UnreadableImage", (error as Error).message, error);
  }
}

function decodeJpeg(bytes: Buffer): Picture {
  try {
    return jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      maxResolutionInMP: maxPixels / 1e6,
      maxMemoryUsageInMB: 2048,
    });
  } catch (error) {
    throw engineError("UnreadableImage", `The JPEG cannot be decoded: ${(error as Error).message}`, error);
  }
}

function decodePng(bytes: Buffer): Picture {
  try {
    const { data, width, height } = PNG.sync.read(bytes);
    const rgb = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
      const alpha = data[from + 3]! / 255;
      for (let channel = 0; channel < 3; channel++) {
        rgb[to + channel] = data[from + channel]! * alpha + 255 * (1 - alpha);
      }
    }
    return { data: rgb, width, height };
  } catch (error) {
    throw engineError("UnreadableImage", `The PNG cannot be decoded: ${(error as Error).message}`, error);
  }
}

/** The picture as it is looked at: EXIF orientation says where the stored first row and column belong. */
function stand(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { data, width, height } = picture;
  const exchanged = orientation >= 5;
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  const [outWidth, outHeight] = exchanged ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, to += 3) {
      const [u, v] = exchanged ? [y, x] : [x, y];
      const from = ((flipped ? height - 1 - v : v) * width + (mirrored ? width - 1 - u : u)) * 3;
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
    }
  }
  return { data: out, width: outWidth, height: outHeight };
}
