import type { Box } from "../contract/flow-data";

/**
 * The least overlap of two boxes of one face, as the share of their intersection in their union: the usual bound for one
 * object in object detection (PASCAL VOC). DetectFaces and IndexFaces find the same box in the same photo; the boxes of
 * two people's faces hardly overlap at all. So any bound in between separates them.
 */
const minOverlap = 0.5;

/** Whether two boxes, in ratios of the same photo, are around one face. */
export function isSameFace(one: Box, other: Box): boolean {
  const shared =
    overlap(one.left, one.width, other.left, other.width) * overlap(one.top, one.height, other.top, other.height);
  const together = one.width * one.height + other.width * other.height - shared;
  return together > 0 && shared / together >= minOverlap;
}

/** The length that two stretches share. */
function overlap(from: number, length: number, otherFrom: number, otherLength: number): number {
  return Math.max(0, Math.min(from + length, otherFrom + otherLength) - Math.max(from, otherFrom));
}
