import { join } from "node:path";
import { sharpSquare } from "./sharp-square";

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

export type Contestant = (photo: Buffer, square: Square, side: number) => Promise<Buffer>;

export const quality = 82;

/**
 * Loads one of the libraries and returns its function for making a thumbnail. In a fresh process, the loading time is
 * part of the first call.
 */
export function loadContestant(name: string): Contestant {
  if (name === "sharp") return loadSharp();
  if (name === "jimp") return loadJimp();
  if (name === "ours") return loadOurs();
  throw new Error(`There is no contestant "${name}"; the contestants are ours, sharp and jimp.`);
}

/** The same file as in the Lambda layer. */
function loadOurs(): Contestant {
  const layer = join(__dirname, "../../../lib/layer/nodejs/node_modules/avatar-imaging/index.js");
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { createThumbnails } = require(layer) as typeof import("../../packages/imaging/index");
  return async (photo, square, side) => {
    const options = { square, sizes: [side], quality, maxPixels: 50_000_000 };
    const [thumbnail] = await createThumbnails(photo, options);
    return thumbnail?.jpeg ?? Buffer.alloc(0);
  };
}

function loadSharp(): Contestant {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const sharp = require("sharp") as typeof import("sharp");
  sharp.cache(false);
  return async (photo, square, side) => {
    const thumbnail = await sharpSquare(sharp, photo, square, side, 50_000_000);
    return thumbnail.jpeg({ quality }).toBuffer();
  };
}

function loadJimp(): Contestant {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Jimp } = require("jimp") as typeof import("jimp");
  return async (photo, { left, top, size }, side) => {
    const image = await Jimp.fromBuffer(photo, {
      "image/jpeg": { maxMemoryUsageInMB: 4096, maxResolutionInMP: 100 },
    });
    image.crop({ x: left, y: top, w: size, h: size }).resize({ w: side, h: side });
    return image.getBuffer("image/jpeg", { quality });
  };
}
