/** Other libraries in place of the layer `avatar-imaging`: the same step, all sizes from one decode. */
import type { Imaging } from "../../handlers/4a-create-thumbnail/handler";
import { sharpSquare } from "./sharp-square";

export type Peer = "sharp" | "jimp";

/** The text of a module that replaces the thumbnail step's layer. */
export function peerLayer(peer: Peer): string {
  return `module.exports = require(${JSON.stringify(__filename)}).${peer}Imaging();`;
}

export function sharpImaging(): Imaging {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const sharp = require("sharp") as typeof import("sharp");
  return {
    async createThumbnails(photo, { square, sizes, quality, maxPixels }) {
      const part = await sharpSquare(sharp, photo, square, Math.max(...sizes), maxPixels);
      const { data, info } = await part.removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const raw = { width: info.width, height: info.height, channels: info.channels };
      return Promise.all(
        sizes.map(async (size) => ({
          size,
          jpeg: await sharp(data, { raw }).resize(size, size).jpeg({ quality }).toBuffer(),
        })),
      );
    },
  };
}

export function jimpImaging(): Imaging {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Jimp } = require("jimp") as typeof import("jimp");
  return {
    async createThumbnails(photo, { square, sizes, quality, maxPixels }) {
      const limits = { maxMemoryUsageInMB: 4096, maxResolutionInMP: Math.ceil(maxPixels / 1e6) };
      const image = await Jimp.fromBuffer(Buffer.from(photo), { "image/jpeg": limits });
      image.crop({ x: square.left, y: square.top, w: square.size, h: square.size });
      const made: { size: number; jpeg: Buffer }[] = [];
      for (const size of sizes) {
        const jpeg = await image.clone().resize({ w: size, h: size }).getBuffer("image/jpeg", { quality });
        made.push({ size, jpeg });
      }
      return made;
    },
  };
}
