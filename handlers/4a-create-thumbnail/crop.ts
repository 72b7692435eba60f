import type { Box } from "../contract/flow-data";

/** A square of the upright photo, in whole pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/**
 * The square around a face: the face's longer side with a margin on every side, a little higher than the face's middle,
 * because a box ends at the brow and the hair is part of a portrait. A square that crosses the photo's edge is moved
 * inside; a square that is larger than the photo shrinks to the photo's shorter side.
 *
 * @param box ratios of the photo's width and height; may reach outside of it
 * @param margin share of the face's longer side that is added on each side
 */
export function cropSquare(box: Box, photo: { width: number; height: number }, margin: number): Square {
  const faceWidth = box.width * photo.width;
  const faceHeight = box.height * photo.height;
  const wanted = Math.max(faceWidth, faceHeight) * (1 + 2 * margin);
  const size = Math.max(1, Math.min(Math.round(wanted), photo.width, photo.height));
  const centreX = (box.left + box.width / 2) * photo.width;
  const centreY = (box.top + box.height / 2) * photo.height - faceHeight * raise;
  const within = (start: number, length: number) => Math.min(Math.max(0, Math.round(start)), length - size);
  return { left: within(centreX - size / 2, photo.width), top: within(centreY - size / 2, photo.height), size };
}

/** The distance of the square's middle above the box's middle, as a share of the face's height. */
const raise = 0.08;
