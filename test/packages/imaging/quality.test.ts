import { expect } from "chai";
import sharp from "sharp";
import { lanczos, measure } from "../../../tools/bench/thumbnail-quality";
import { jpegFormat, pngFormat } from "../../../packages/imaging/formats";
import { realPhoto, rgbOf } from "./images";

/** Rings that grow finer outwards: at the edge one every two pixels. */
async function zonePlate(side: number): Promise<Buffer> {
  const data = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const square = (x - side / 2) ** 2 + (y - side / 2) ** 2;
      data.fill(
        Math.round(128 + 100 * Math.cos((Math.PI * square) / side)),
        (y * side + x) * 3,
        (y * side + x) * 3 + 3,
      );
    }
  }
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

describe("thumbnail quality", () => {
  const scales = [1.3, 2.5, 3.75, 5, 7.5];
  for (const chromaSubsampling of ["4:2:0", "4:4:4"]) {
    it(`stays near a full decode with a Lanczos filter at every scale, ${chromaSubsampling}`, async () => {
      const file = await sharp(realPhoto(3)).jpeg({ quality: 92, chromaSubsampling }).toBuffer();
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      const region = { left: 300, top: 40, width: 960, height: 960 };
      const cut = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
        .extract(region)
        .raw()
        .toBuffer();
      for (const scale of scales) {
        const side = Math.round(960 / scale);
        const reference = lanczos({ data: cut, width: 960, height: 960 }, side, side);
        const ours = await jpegFormat().decode(file, { region, width: side, height: side });
        const { psnr, ssim } = measure({ data: rgbOf(ours), width: side, height: side }, reference);
        expect(psnr, `1/${scale}`).to.be.above(42);
        expect(ssim, `1/${scale}`).to.be.above(0.995);
      }
    });
  }

  it("stays as near where the scale is just above one that JPEG offers", async () => {
    // Freshly shrunk, the photo has all the detail that its pixels can show.
    const file = await sharp(realPhoto(3)).resize(1200, 900).jpeg({ quality: 92 }).toBuffer();
    const full = { data: await sharp(file).raw().toBuffer(), width: 1200, height: 900 };
    for (const scale of [2.05, 2.9, 4.05, 4.9, 8.05, 9.1, 9.9]) {
      const [width, height] = [Math.round(1200 / scale), Math.round(900 / scale)];
      const ours = await jpegFormat().decode(file, { width, height });
      const { psnr, ssim } = measure({ data: rgbOf(ours), width, height }, lanczos(full, width, height));
      expect(psnr, `1/${scale}`).to.be.above(48);
      expect(ssim, `1/${scale}`).to.be.above(0.999);
    }
  });

  it("shows no rings where the photo's are too fine to be shown", async () => {
    const plate = await zonePlate(1024);
    const jpeg = await sharp(plate).jpeg({ quality: 95 }).toBuffer();
    for (const [file, format] of [
      [plate, pngFormat()],
      [jpeg, jpegFormat()],
    ] as const) {
      for (const side of [400, 200, 128, 100]) {
        const { data } = await format.decode(file, { width: side, height: side });
        // Beyond this radius the rings are finer than twice the thumbnail's own limit.
        const tooFine = (2 * side) / 1024;
        let sum = 0;
        let count = 0;
        for (let y = 0; y < side; y++) {
          for (let x = 0; x < side; x++) {
            const radius = Math.hypot(x - side / 2, y - side / 2) / (side / 2);
            if (radius < tooFine || radius > 0.95) continue;
            sum += ((data[(y * side + x) * 4] ?? 0) - 128) ** 2;
            count++;
          }
        }
        if (count > 0) expect(Math.sqrt(sum / count), `${side} px`).to.be.below(8);
      }
    }
  });
});
