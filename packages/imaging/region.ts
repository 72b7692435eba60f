import type { ImageHeader } from "./file/header";

/** A part of the photo as it is stored, in whole full-size pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How the stored photo is turned for the eye: first mirrored left-right and top-bottom, then rows become columns. */
export interface Turn {
  readonly mirrored: boolean;
  readonly flipped: boolean;
  readonly transposed: boolean;
}

/** What an EXIF orientation of 1 to 8 asks for. */
export function turnOf(orientation: number): Turn {
  return {
    mirrored: [2, 3, 7, 8].includes(orientation),
    flipped: [3, 4, 6, 7].includes(orientation),
    transposed: orientation >= 5,
  };
}

export const asStored: Turn = { mirrored: false, flipped: false, transposed: false };

/** Where a region of the upright photo lies in the stored one. */
export function storedRegion(upright: Region, header: Pick<ImageHeader, "width" | "height" | "orientation">): Region {
  const { mirrored, flipped, transposed } = turnOf(header.orientation);
  const { left, top, width, height } = transposed
    ? { left: upright.top, top: upright.left, width: upright.height, height: upright.width }
    : upright;
  const [storedWidth, storedHeight] = transposed ? [header.height, header.width] : [header.width, header.height];
  return {
    left: mirrored ? storedWidth - left - width : left,
    top: flipped ? storedHeight - top - height : top,
    width,
    height,
  };
}
