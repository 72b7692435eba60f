import { withEngine } from "avatar-imaging/engine";
import { decodeRegion } from "avatar-imaging/formats";
import { readImageHeader } from "avatar-imaging/file/header";
import { turnOf } from "avatar-imaging/region";
import { render } from "avatar-imaging/render";
import { engineError } from "./engine";
import type { Picture } from "./picture";

/** A phone's largest photo has 50 million. */
const maxPixels = 64_000_000;

/**
 * Decodes a JPEG or PNG file to its upright picture, reduced so that its longer side is at most `longSide`. The picture
 * is turned according to its EXIF orientation (in a PNG, its eXIf chunk), as everywhere in the pipeline. Transparent
 * parts of a PNG are laid on white.
 *
 * @throws UnreadableImage, ImageTooManyPixels by name
 */
export async function decodePicture(bytes: Buffer, longSide: number): Promise<Picture> {
  const header = readHeader(bytes);
  const { width, height } = header;
  if (width * height > maxPixels) {
    throw engineError(
      "ImageTooManyPixels",
      `The photo has ${width}×${height} pixels; the local face engine takes at most ${maxPixels / 1e6} million.`,
    );
  }
  const ratio = Math.max(1, Math.max(width, height) / longSide);
  const turned = header.orientation >= 5;
  const stored = { left: 0, top: 0, width: turned ? height : width, height: turned ? width : height };
  try {
    const bitmap = await withEngine(undefined, async (engine) => {
      const decoded = await decodeRegion(engine, bytes, header, stored, ratio);
      const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side / ratio))) as [number, number];
      return render(engine, decoded, across, down, turnOf(header.orientation));
    });
    return { data: withoutAlpha(bitmap.data), width: bitmap.width, height: bitmap.height };
  } catch (error) {
    throw engineError("UnreadableImage", `The photo cannot be decoded: ${(error as Error).message}`, error);
  }
}

function readHeader(bytes: Buffer): ReturnType<typeof readImageHeader> {
  try {
    return readImageHeader(bytes);
  } catch (error) {
    throw engineError("UnreadableImage", (error as Error).message, error);
  }
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}
