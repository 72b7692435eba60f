import { expect } from "chai";
import fc from "fast-check";
import jpegJs from "jpeg-js";
import sharp from "sharp";
import { jpegFormat } from "../../../packages/imaging/formats";
import { compare, independentRgb, realPhoto, rgbOf } from "./images";

for (const kind of ["wasm", "plain"] as const) {
  const jpeg = jpegFormat(kind);

  describe(`JPEG encoding, ${kind} engine`, () => {
    it("is as true to the bitmap as libjpeg at the same quality, in about as many bytes", async () => {
      const { data, info } = await sharp(realPhoto(2))
        .resize(256, 256)
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const bitmap = { data, width: info.width, height: info.height };
      for (const quality of [1, 30, 75, 90, 100]) {
        const ours = await jpeg.encode(bitmap, { quality });
        const theirs = await sharp(data, { raw: { width: 256, height: 256, channels: 4 } })
          .removeAlpha()
          .jpeg({ quality, optimiseCoding: false })
          .toBuffer();
        const [own, other] = await Promise.all([ours, theirs].map((file) => independentRgb(file)));
        const plain = rgbOf(bitmap);
        const [error, reference] = [own, other].map((rgb) => compare(rgb ?? Buffer.alloc(0), plain).mean);
        expect(error).to.be.below((reference ?? 0) * 1.1 + 0.2);
        expect(ours.length).to.be.below(theirs.length * 1.03 + 200);
      }
    });

    it("is read by jpeg-js as by libjpeg, at any size", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 1, max: 100 }),
          fc.nat(),
          async (width, height, quality, seed) => {
            const data = Buffer.from(Array.from({ length: width * height * 4 }, (_, n) => ((n * n + seed) >> 3) & 255));
            const file = await jpeg.encode({ data, width, height }, { quality });
            const read = jpegJs.decode(file, { useTArray: true });
            expect([read.width, read.height]).to.deep.equal([width, height]);
            const metadata = await sharp(file).metadata();
            expect(metadata).to.include({ width, height, chromaSubsampling: "4:2:0", isProgressive: false });
            await sharp(file, { failOn: "warning" }).raw().toBuffer();
          },
        ),
        { numRuns: kind === "wasm" ? 60 : 20 },
      );
    });

    it("decodes what it encodes", async () => {
      const data = Buffer.alloc(48 * 48 * 4, 255);
      for (let at = 0; at < data.length; at += 4) data.set([(at >> 4) & 255, 100, 200], at);
      const bitmap = { data, width: 48, height: 48 };
      const again = await jpeg.decode(await jpeg.encode(bitmap, { quality: 98 }));
      expect(compare(rgbOf(again), rgbOf(bitmap)).mean).to.be.below(6);
    });
  });
}
