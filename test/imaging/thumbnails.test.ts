import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { createThumbnails, readImageHeader } from "../../imaging/index";

const demo = join(dirname(require.resolve("@vladmandic/face-api/package.json")), "demo");
const photo = readFileSync(join(demo, "sample1.jpg"));

/** Mean absolute difference of two same-sized RGB images, 0 to 255. */
export async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((image) => sharp(image).removeAlpha().raw().toBuffer()));
  if (!a || !b || a.length !== b.length) return 255;
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs((a[index] ?? 0) - (b[index] ?? 0));
  return sum / a.length;
}

async function reference(image: Buffer, left: number, top: number, size: number, side: number): Promise<Buffer> {
  const upright = await sharp(image).autoOrient().png().toBuffer();
  return sharp(upright).extract({ left, top, width: size, height: size }).resize(side, side).png().toBuffer();
}

describe("createThumbnails", () => {
  for (const name of readdirSync(demo).filter((file) => file.endsWith(".jpg"))) {
    it(`shows the square of ${name} as an independent library shows it`, async () => {
      const original = readFileSync(join(demo, name));
      const { width, height } = readImageHeader(original);
      const size = Math.min(width, height) >> 1;
      const square = { left: (width - size) >> 1, top: (height - size) >> 2, size };
      const [large, small] = await createThumbnails(original, {
        square,
        sizes: [256, 64],
        quality: 90,
        maxPixels: 5e7,
      });
      expect([large?.size, small?.size]).to.deep.equal([256, 64]);
      const expected = await reference(original, square.left, square.top, size, 256);
      expect(await difference(large?.jpeg ?? Buffer.alloc(0), expected)).to.be.below(3);
    });
  }

  for (let orientation = 1; orientation <= 8; orientation++) {
    it(`turns a photo of EXIF orientation ${orientation} upright`, async () => {
      const stored = await sharp(photo).resize(400, 300).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      const { width, height } = readImageHeader(stored);
      expect([width, height]).to.deep.equal(orientation >= 5 ? [300, 400] : [400, 300]);
      const square = { left: 20, top: 30, size: 250 };
      const [thumbnail] = await createThumbnails(stored, { square, sizes: [100], quality: 95, maxPixels: 5e7 });
      const expected = await reference(stored, 20, 30, 250, 100);
      expect(await difference(thumbnail?.jpeg ?? Buffer.alloc(0), expected)).to.be.below(3);
    });
  }

  it("writes a baseline 4:2:0 JPEG without metadata", async () => {
    const stored = await sharp(photo)
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Copyright: "me" } })
      .toBuffer();
    const square = { left: 0, top: 0, size: 200 };
    const [thumbnail] = await createThumbnails(stored, { square, sizes: [128], quality: 80, maxPixels: 5e7 });
    const metadata = await sharp(thumbnail?.jpeg).metadata();
    expect(metadata).to.include({ format: "jpeg", width: 128, height: 128, isProgressive: false, channels: 3 });
    expect(metadata.exif).to.equal(undefined);
    expect(metadata.icc).to.equal(undefined);
  });

  it("enlarges a square that is smaller than the thumbnail", async () => {
    const square = { left: 10, top: 10, size: 40 };
    const [thumbnail] = await createThumbnails(photo, { square, sizes: [128], quality: 90, maxPixels: 5e7 });
    const expected = await reference(photo, 10, 10, 40, 128);
    expect(await difference(thumbnail?.jpeg ?? Buffer.alloc(0), expected)).to.be.below(4);
  });

  it("refuses a photo of too many pixels by its header", async () => {
    const square = { left: 0, top: 0, size: 40 };
    const refused = await createThumbnails(photo, { square, sizes: [32], quality: 90, maxPixels: 1000 }).catch(
      (e: Error) => e,
    );
    expect(refused).to.have.property("name", "IMAGE_TOO_LARGE");
  });

  it("names a square outside the photo as the caller's fault", async () => {
    const square = { left: 0, top: 0, size: 40_000 };
    const refused = await createThumbnails(photo, { square, sizes: [32], quality: 90, maxPixels: 5e7 }).catch(
      (e: Error) => e,
    );
    expect(refused).to.be.instanceOf(RangeError);
  });
});
