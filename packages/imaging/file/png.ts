import { corrupt } from "./errors";
import type { ImageHeader } from "./header";
import { chunkAt, idat, iend, ihdr, isCritical, isSound, nameOfChunk } from "./png-chunks";
import { readPngHeader } from "./png-header";
import { hasAllPixels } from "./png-pixels";

/** @see readImageHeader */
export function readUprightPngHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, orientation, interlaced } = readPngHeader(bytes);
  const turned = orientation >= 5;
  return {
    format: "png",
    width: turned ? height : width,
    height: turned ? width : height,
    orientation,
    progressive: interlaced,
  };
}

/**
 * Checks that a PNG is complete: every chunk up to the last one (IEND) lies inside the file, and the critical chunks
 * match their checksums. Other chunks may be damaged. IEND may be cut off if all pixels are present; data after IEND
 * are not part of the picture.
 *
 * @param checksum computes the checksum to verify critical chunks with; undefined skips this check
 * @returns the position where the last chunk (IEND) is missing; undefined if the file has IEND
 * @throws FILE_CORRUPT
 */
export function checkWholePng(bytes: Uint8Array, checksum?: (bytes: Uint8Array) => number): number | undefined {
  let pixels: "before" | "inside" | "behind" = "before";
  for (let at = 8; ;) {
    const chunk = chunkAt(bytes, at);
    if (chunk === undefined || (chunk.type === idat && chunk.next > bytes.length)) {
      if (pixels !== "before" && hasAllPixels(bytes)) return chunk === undefined ? at : bytes.length;
      throw corrupt("The PNG ends before its last chunk (IEND).");
    }
    const { type, next } = chunk;
    const name = nameOfChunk(type);
    if (name === undefined) throw corrupt(`The PNG has no chunk at byte ${at}, where one has to start.`);
    if ((type === ihdr) !== (at === 8)) {
      throw corrupt("The PNG's header (IHDR) is not its first chunk, or comes twice.");
    }
    if (type === iend) {
      if (pixels === "before") throw corrupt("The PNG has no pixels (IDAT).");
      return undefined;
    }
    if (next > bytes.length) throw corrupt(`The PNG ends inside its ${name} chunk at byte ${at}.`);
    if (checksum !== undefined && isCritical(type) && !isSound(bytes, chunk, checksum)) {
      throw corrupt(`The PNG's ${name} chunk at byte ${at} has a wrong checksum.`);
    }
    // PNG, 5.6: the chunks of pixels follow each other.
    if (type === idat && pixels === "behind") {
      throw corrupt("The PNG's pixels (IDAT) are interrupted by another chunk.");
    }
    if (type === idat) pixels = "inside";
    else if (pixels === "inside") pixels = "behind";
    at = next;
  }
}
