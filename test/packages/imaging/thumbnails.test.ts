import { createJimp } from "@jimp/core";
import { expect } from "chai";
import sharp from "sharp";
import { jpegFormat, pngFormat } from "../../../packages/imaging/formats";
import { createThumbnails, readImageHeader, type Square } from "../../../packages/imaging/index";
import { compare, independentRgb, realPhoto, rgbOf } from "./images";

/** An independent library's result for a square of the upright photo. */
async function reference(photo: Buffer, { left, top, size }: Square, side: number): Promise<Buffer> {
  const upright = await sharp(photo).autoOrient().png().toBuffer();
  const part = sharp(upright).extract({ left, top, width: size, height: size });
  return part.resize(side, side).removeAlpha().raw().toBuffer();
}

/** Mean difference allowed for the thumbnails' halved chroma; a wrongly shown photo exceeds 15. */
const tolerance = 3.5;

async function shown(photo: Buffer, square: Square, side: number): Promise<Buffer> {
  const [thumbnail] = await createThumbnails(photo, { square, sizes: [side], quality: 100, maxPixels: 5e7 });
  return independentRgb(thumbnail?.jpeg ?? Buffer.alloc(0));
}

describe("createThumbnails", () => {
  for (const number of [1, 2, 3, 4, 5, 6]) {
    it(`shows a square of real photo ${number} as an independent library shows it`, async () => {
      const photo = realPhoto(number);
      const { width, height } = readImageHeader(photo);
      const size = Math.min(width, height) >> 1;
      const square = { left: (width - size) >> 1, top: (height - size) >> 2, size };
      expect(compare(await shown(photo, square, 256), await reference(photo, square, 256)).mean).to.be.below(tolerance);
    });
  }

  for (let orientation = 1; orientation <= 8; orientation++) {
    it(`turns a photo of EXIF orientation ${orientation} upright`, async () => {
      const photo = sharp(realPhoto()).resize(400, 300).withMetadata({ orientation });
      const square = { left: 20, top: 30, size: 250 };
      for (const progressive of [false, true]) {
        const stored = await photo.clone().jpeg({ quality: 95, progressive }).toBuffer();
        expect(compare(await shown(stored, square, 100), await reference(stored, square, 100)).mean).to.be.below(
          tolerance,
        );
      }
    });
  }

  it("gives every size in the order asked for, each as if it were the only one", async () => {
    const options = { square: { left: 100, top: 50, size: 1000 }, quality: 100, maxPixels: 5e7 };
    const sizes = [64, 512, 128];
    const thumbnails = await createThumbnails(realPhoto(2), { ...options, sizes });
    expect(thumbnails.map(({ size }) => size)).to.deep.equal(sizes);
    for (const { size, jpeg } of thumbnails) {
      const expected = await reference(realPhoto(2), options.square, size);
      expect(compare(await independentRgb(jpeg), expected).mean).to.be.below(tolerance);
    }
  });

  it("writes baseline 4:2:0 JPEG in sRGB without metadata", async () => {
    const photo = await sharp(realPhoto())
      .withMetadata({ orientation: 6 })
      .withIccProfile("p3")
      .withExifMerge({ IFD0: { Copyright: "me" } })
      .jpeg()
      .toBuffer();
    const options = { square: { left: 0, top: 0, size: 200 }, sizes: [128], quality: 80, maxPixels: 5e7 };
    const [thumbnail] = await createThumbnails(photo, options);
    const metadata = await sharp(thumbnail?.jpeg).metadata();
    expect(metadata).to.include({ format: "jpeg", width: 128, height: 128, channels: 3, space: "srgb" });
    expect(metadata).to.include({ isProgressive: false, chromaSubsampling: "4:2:0" });
    expect([metadata.exif, metadata.icc, metadata.orientation]).to.deep.equal([undefined, undefined, undefined]);
  });

  it("enlarges a square that is smaller than the thumbnail", async () => {
    const square = { left: 700, top: 300, size: 40 };
    expect(compare(await shown(realPhoto(), square, 128), await reference(realPhoto(), square, 128)).mean).to.be.below(
      4,
    );
  });

  it("takes a view into a larger buffer for the photo and nothing else of it", async () => {
    const photo = await sharp(realPhoto()).resize(90, 90).jpeg().toBuffer();
    const larger = Buffer.concat([Buffer.alloc(13, 0xff), photo, Buffer.alloc(7, 0xff)]);
    const view = new Uint8Array(larger.buffer, larger.byteOffset + 13, photo.length);
    const options = { square: { left: 0, top: 0, size: 90 }, sizes: [32], quality: 90, maxPixels: 5e7 };
    const [one] = await createThumbnails(photo, options);
    const [other] = await createThumbnails(view, options);
    expect(one?.jpeg.equals(other?.jpeg ?? Buffer.alloc(0))).to.equal(true);
  });
});

describe("the formats as jimp's", () => {
  const Jimp = createJimp({ formats: [() => jpegFormat(), () => pngFormat()] });

  it("read a photo through jimp, upright", async () => {
    const photo = await sharp(realPhoto()).resize(80, 60).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const image = await Jimp.fromBuffer(photo);
    expect([image.width, image.height]).to.deep.equal([60, 80]);
    const expected = await reference(photo, { left: 5, top: 10, size: 50 }, 50);
    const part = Buffer.concat(
      Array.from({ length: 50 }, (_, y) =>
        rgbOf(image.bitmap)
          .subarray(((y + 10) * 60 + 5) * 3)
          .subarray(0, 150),
      ),
    );
    expect(compare(part, expected).mean).to.be.below(2);
  });

  it("decode a region at a size when asked to, and write JPEG", async () => {
    const png = await sharp(realPhoto()).resize(80, 60).png().toBuffer();
    const region = { left: 10, top: 10, width: 40, height: 20 };
    const image = await Jimp.fromBuffer(png, { "image/png": { region, width: 20, height: 10 } });
    expect([image.width, image.height]).to.deep.equal([20, 10]);
    expect(readImageHeader(await image.getBuffer("image/jpeg", { quality: 80 }))).to.include({ width: 20, height: 10 });
  });
});
