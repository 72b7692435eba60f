import type { Sharp } from "sharp";
import { storedRegion, turnOf } from "../../packages/imaging/region";
import type { Square } from "./thumbnail-contestants";

/**
 * A square of the upright photo by sharp, resized and upright, in sharp's fastest way. Sharp shrinks a centred cover
 * while loading. Any other square is cut from the stored photo, so that only the thumbnail is turned:
 * `autoOrient().extract()` turns the whole photo first and takes up to twice the time.
 */
export async function sharpSquare(
  sharp: typeof import("sharp"),
  photo: Uint8Array,
  { left, top, size }: Square,
  side: number,
  limitInputPixels: number,
): Promise<Sharp> {
  const { autoOrient: upright, orientation = 1 } = await sharp(photo, { limitInputPixels }).metadata();
  const { width, height } = upright;
  if (size === Math.min(width, height) && left === (width - size) >> 1 && top === (height - size) >> 1) {
    return sharp(photo, { limitInputPixels }).autoOrient().resize(side, side, { fit: "cover" });
  }
  const region = storedRegion({ left, top, width: size, height: size }, { width, height, orientation });
  const { mirrored, flipped, transposed } = turnOf(orientation);
  // sharp mirrors before it turns; a quarter turn of an upside-down photo makes columns of rows.
  return sharp(photo, { limitInputPixels })
    .extract(region)
    .resize(side, side)
    .flop(mirrored)
    .flip(flipped !== transposed)
    .rotate(transposed ? 90 : 0);
}
