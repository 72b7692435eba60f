import type { ImageHeader } from "./file/header";

/** A part of the stored photo, in whole full-size pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The steps that turn the stored photo upright: first mirrored left-right and top-bottom, then rows become columns. */
export interface Turn {
  readonly mirrored: boolean;
  readonly flipped: boolean;
  readonly transposed: boolean;
}

/** The turn for an EXIF orientation of 1 to 8. */
export function turnOf(orientation: number): Turn {
  return {
    mirrored: [2, 3, 7, 8].includes(orientation),
    flipped: [3, 4, 6, 7].includes(orientation),
    transposed: orientation >= 5,
  };
}

export const asStored: Turn = { mirrored: false, flipped: false, transposed: false };

/** The position of a region of the upright photo in the stored one. */
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
