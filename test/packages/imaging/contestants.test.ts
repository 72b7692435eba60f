import { expect } from "chai";
import sharp from "sharp";
import { sharpSquare } from "../../../tools/bench/sharp-square";
import { createThumbnails } from "../../../packages/imaging/index";
import { compare, realPhoto } from "./images";

/** Times of two contestants are comparable only if both make the same picture. */
describe("the benches' sharp", () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    it(`cuts the square that we do, for EXIF orientation ${orientation}`, async () => {
      const photo = await sharp(realPhoto(2))
        .resize(320, 240)
        .withMetadata({ orientation })
        .jpeg({ quality: 92 })
        .toBuffer();
      const square = { left: 70, top: 30, size: 150 };
      const theirs = await (await sharpSquare(sharp, photo, square, 64, 1e6)).raw().toBuffer();
      const [ours] = await createThumbnails(photo, { square, sizes: [64], quality: 100, maxPixels: 1e6 });
      const { mean } = compare(await sharp(ours?.jpeg).raw().toBuffer(), theirs);
      expect(mean).to.be.below(3);
    });
  }
});
