import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { readImageHeader } from "../../../packages/imaging/file/header";
import { createThumbnails } from "../../../packages/imaging/index";
import { errorOf } from "../../support/errors";
import { pattern, realPhoto } from "./images";
import { writeJpeg } from "./jpeg-writer";

const options = { square: { left: 0, top: 0, size: 40 }, sizes: [32], quality: 90, maxPixels: 5e7 };

const refusal = (photo: Buffer, changed: Partial<typeof options> = {}) =>
  errorOf(createThumbnails(photo, { ...options, ...changed }));

describe("limits", () => {
  it("refuses a photo of too many pixels by its header, whatever follows", async () => {
    const bomb = await sharp(realPhoto()).resize(50, 50).png().toBuffer();
    bomb.writeUInt32BE(30_000, 16);
    bomb.writeUInt32BE(30_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const error = await refusal(bomb);
    expect(error).to.have.property("name", "IMAGE_TOO_LARGE");
    expect(error.message).to.contain("30000×30000 = 900000000 pixels; the limit is 50000000");
  });

  it("refuses a JPEG of more scans than any camera writes", async () => {
    const components = [{ h: 1, v: 1, sample: pattern(0) }];
    const photo = writeJpeg({ width: 48, height: 48, components, layout: "progressive" });
    const scan = photo.lastIndexOf(Buffer.from([0xff, 0xda]));
    const last = photo.subarray(scan, photo.length - 2);
    const many = Buffer.concat([
      photo.subarray(0, scan),
      ...Array.from({ length: 80 }, () => last),
      photo.subarray(-2),
    ]);
    expect((await refusal(many)).name).to.equal("FILE_CORRUPT");
  });

  it("refuses a baseline JPEG that comes back to the same component again and again", async () => {
    const components = [0, 1, 2].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
    const photo = writeJpeg({ width: 48, height: 48, components, layout: "separate" });
    const scan = photo.indexOf(Buffer.from([0xff, 0xda]));
    const first = photo.subarray(scan, photo.indexOf(Buffer.from([0xff, 0xda]), scan + 2));
    const many = Buffer.concat([
      photo.subarray(0, scan),
      ...Array.from({ length: 80 }, () => first),
      photo.subarray(scan),
    ]);
    expect((await refusal(many)).name).to.equal("FILE_CORRUPT");
  });

  it("refuses what would take too much memory before decoding it", async () => {
    const photo = await sharp(realPhoto())
      .resize(50, 50)
      .toColourspace("cmyk")
      .jpeg({ progressive: true, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const frame = photo.indexOf(Buffer.from([0xff, 0xc2]));
    photo.writeUInt16BE(7000, frame + 5);
    photo.writeUInt16BE(7000, frame + 7);
    const error = await refusal(photo, { square: { left: 0, top: 0, size: 7000 }, sizes: [2048] });
    expect(error.name).to.equal("IMAGE_TOO_LARGE");
    expect(error.message).to.contain("MB to decode");
  });

  it("names options that do not fit as the caller's fault", async () => {
    const photo = await sharp(realPhoto()).resize(50, 50).jpeg().toBuffer();
    for (const wrong of [
      { square: { left: 20, top: 0, size: 40 } },
      { square: { left: -1, top: 0, size: 40 } },
      { square: { left: 0.5, top: 0, size: 40 } },
      { sizes: [] },
      { sizes: [0] },
      { sizes: [2049] },
      { quality: 0 },
    ]) {
      expect(await refusal(photo, wrong)).to.be.instanceOf(RangeError);
    }
  });

  describe("of memory", () => {
    const folder = mkdtempSync(join(tmpdir(), "imaging-limits-"));
    after(() => rmSync(folder, { recursive: true }));

    for (const progressive of [false, true]) {
      it(`takes under 256 MB for a ${progressive ? "progressive" : "baseline"} photo of 48 million pixels`, async function () {
        if (process.platform !== "linux") this.skip();
        const tile = await sharp(realPhoto(2)).resize(1008, 756).toBuffer();
        const photo = await sharp({ create: { width: 8064, height: 6048, channels: 3, background: "grey" } })
          .composite([{ input: tile, tile: true }])
          .jpeg({ quality: 85, progressive })
          .toBuffer();
        expect(readImageHeader(photo)).to.include({ width: 8064, height: 6048, progressive });
        const path = join(folder, `${progressive}.jpg`);
        writeFileSync(path, photo);
        const script = `
          const { createThumbnails } = require(${JSON.stringify(require.resolve("../../../packages/imaging/index"))});
          const fs = require("node:fs");
          const square = (left, top, size) => ({ square: { left, top, size }, sizes: [512, 256, 64], quality: 85, maxPixels: 5e7 });
          const photo = fs.readFileSync(${JSON.stringify(path)});
          createThumbnails(photo, square(1008, 0, 6048))
            .then(() => createThumbnails(photo, square(3000, 3000, 1500)))
            .then(() => console.log(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]));`;
        const peak = Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })) / 1024;
        expect(peak).to.be.within(20, 256);
      });
    }
  });
});
