import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import { deflateSync } from "node:zlib";
import { checkBytes } from "../../../../handlers/1-check-format/handler";
import * as photoFiles from "../../../../packages/imaging/file/check";
import { jpegFormat, pngFormat } from "../../../../packages/imaging/formats";
import { createThumbnails } from "../../../../packages/imaging/index";
import { checkWhole, readImageHeader } from "../../../../packages/imaging/file/header";
import { manyScans, mutate, randomFrom } from "../../../flow/hostile/files";
import { compare, independentRgb, pattern, realPhoto, rgbOf } from "../images";
import { nameOfError, nameOfThrown } from "../../../support/errors";
import { writeJpeg, type WriterOptions } from "../jpeg-writer";
import { chunk, writePng } from "../png-writer";
import { damagedJpegs, damagedPngs } from "./damages";

const limits = { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000, minSide: 1 };

const kindOf = (file: Buffer): "jpeg" | "png" => (file[0] === 0x89 ? "png" : "jpeg");

/** The verdict of CheckFormat, and of the page, which differs by PNG's checksums alone. */
function verdictOf(file: Buffer): string {
  const pipeline = nameOfThrown(() => checkBytes(photoFiles, file, kindOf(file), limits));
  const page = nameOfThrown(() => {
    checkWhole(file, readImageHeader(file));
  });
  if (pipeline === "no error") expect(page, "the page is no stricter").to.equal("no error");
  return pipeline;
}

const decode = (file: Buffer) => (kindOf(file) === "png" ? pngFormat() : jpegFormat()).decode(file);

async function jpegs(): Promise<readonly (readonly [string, Buffer])[]> {
  const photo = sharp(realPhoto(1)).resize(120, 90);
  const components = [0, 1, 2].map((channel) => ({ h: channel === 0 ? 2 : 1, v: 1, sample: pattern(channel) }));
  const written = (rest: Partial<WriterOptions>): Buffer => writeJpeg({ width: 96, height: 80, components, ...rest });
  return [
    ["baseline", await photo.clone().jpeg().toBuffer()],
    ["progressive", await photo.clone().jpeg({ progressive: true }).toBuffer()],
    ["grey", await photo.clone().toColourspace("b-w").jpeg().toBuffer()],
    ["with restart markers", written({ restartInterval: 3 })],
    ["with a scan a component", written({ layout: "separate" })],
    ["progressive with restart markers", written({ layout: "progressive", restartInterval: 4 })],
  ];
}

describe("A photo that is damaged where no viewer minds", () => {
  it("is accepted and shown as the undamaged one, as libjpeg does, with every kind of JPEG", async () => {
    for (const [kind, whole] of await jpegs()) {
      const expected = await decode(whole);
      for (const { name, file } of damagedJpegs(whole)) {
        expect(verdictOf(file), `${kind}, ${name}`).to.equal("no error");
        expect((await decode(file)).data.equals(expected.data), `${kind}, ${name}`).to.equal(true);
      }
    }
  });

  it("is accepted and shown as the undamaged one, with PNG", async () => {
    const image = { width: 60, height: 50, depth: 8, type: 2, sample: (x: number, y: number) => (x * y) & 255 };
    for (const rest of [{}, { interlaced: true }, { idatSize: 100 }]) {
      const whole = writePng({ ...image, ...rest });
      const expected = await decode(whole);
      for (const { name, file } of damagedPngs(whole)) {
        expect(verdictOf(file), name).to.equal("no error");
        expect((await decode(file)).data.equals(expected.data), name).to.equal(true);
      }
    }
  });

  it("is decoded by the standard's Huffman tables where it defines none, as a frame of a webcam's film", async () => {
    const whole = await sharp(realPhoto(1)).resize(120, 90).jpeg({ optimiseCoding: false }).toBuffer();
    const parts: Buffer[] = [];
    let at = 2;
    for (; whole[at + 1] !== 0xda; at += 2 + whole.readUInt16BE(at + 2)) {
      if (whole[at + 1] !== 0xc4) parts.push(whole.subarray(at, at + 2 + whole.readUInt16BE(at + 2)));
    }
    const file = Buffer.concat([whole.subarray(0, 2), ...parts, whole.subarray(at)]);
    expect(whole.length - file.length, "the tables are gone").to.be.greaterThan(400);
    for (const one of [file, file.subarray(0, -2)]) {
      expect(verdictOf(one)).to.equal("no error");
      expect((await decode(one)).data.equals((await decode(whole)).data)).to.equal(true);
    }
    expect(compare(rgbOf(await decode(file)), await independentRgb(file)).mean).to.be.below(1);
  });
});

describe("A photo that was cut off", () => {
  it("is refused wherever the cut is, but for JPEG's end marker", async () => {
    for (const [kind, whole] of await jpegs()) {
      for (let length = whole.length - 3; length > 20; length -= 1 + (length >> 6)) {
        // A progressive photo's last bits may be padding: then nothing is missing.
        const cut = whole.subarray(0, length);
        if (length >= whole.length - 4 && verdictOf(cut) === "no error") {
          expect((await decode(cut)).data.equals((await decode(whole)).data), `${kind}, ${length}`).to.equal(true);
        } else {
          expect(verdictOf(cut), `${kind}, ${length} of ${whole.length} bytes`).to.equal("FILE_CORRUPT");
          expect(await nameOfError(decode(cut)), `${kind}, ${length} of ${whole.length} bytes`).to.equal(
            "FILE_CORRUPT",
          );
        }
      }
    }
  });

  it("is refused between two scans of a progressive photo, where every row is there but not every bit", async () => {
    const whole = await sharp(realPhoto(1)).resize(120, 90).jpeg({ progressive: true }).toBuffer();
    const scans: number[] = [];
    for (
      let at = whole.indexOf(Buffer.from([0xff, 0xda]));
      at > 0;
      at = whole.indexOf(Buffer.from([0xff, 0xda]), at + 2)
    ) {
      scans.push(at);
    }
    expect(scans.length).to.be.greaterThan(5);
    for (const at of scans) {
      const next = whole.lastIndexOf(Buffer.from([0xff, 0xc4]), at);
      expect(verdictOf(whole.subarray(0, next))).to.equal("FILE_CORRUPT");
      expect(await nameOfError(decode(whole.subarray(0, next)))).to.equal("FILE_CORRUPT");
    }
  });

  it("is refused with a preview's end marker in its EXIF", async () => {
    const photo = await sharp(realPhoto(1)).resize(120, 90).jpeg().toBuffer();
    const preview = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), Buffer.from("Exif\0\0"), photo.subarray(-40)]);
    preview.writeUInt16BE(preview.length - 2, 2);
    const whole = Buffer.concat([photo.subarray(0, 2), preview, photo.subarray(2)]);
    const cut = whole.subarray(0, whole.length >> 1);
    expect([verdictOf(cut), await nameOfError(decode(cut))]).to.deep.equal(["FILE_CORRUPT", "FILE_CORRUPT"]);
  });

  it("is refused where a PNG ends behind one of its pieces of pixels", () => {
    const sample = (x: number, y: number): number => (x * x * 7 + y * 31) & 255;
    for (const interlaced of [false, true]) {
      const whole = writePng({ width: 60, height: 50, depth: 8, type: 2, idatSize: 100, interlaced, sample });
      const end = whole.indexOf("IEND") - 4;
      const first = whole.indexOf("IDAT") - 4;
      for (let at = first + 112; at < end - 30; at += 112) {
        expect(verdictOf(whole.subarray(0, at))).to.equal("FILE_CORRUPT");
      }
      // The rows do not need zlib's checksum in the last piece.
      for (let cut = end - 20; cut > end - 60; cut--) {
        expect(verdictOf(whole.subarray(0, cut))).to.equal("FILE_CORRUPT");
      }
      expect(verdictOf(whole.subarray(0, end))).to.equal("no error");
    }
  });

  it("is found out whatever zlib's blocks are like", () => {
    const width = 90;
    for (const [name, options] of [
      ["stored", { level: 0 }],
      ["by the fixed code", { strategy: 4 }],
      ["by codes of its own", { level: 9 }],
    ] as const) {
      const pixels = Buffer.from(
        Array.from({ length: 90 * (1 + width * 3) }, (_, at) => (at % (1 + width * 3) === 0 ? 0 : (at * at) >> 5)),
      );
      const data = deflateSync(pixels, options);
      const header = Buffer.from([0, 0, 0, width, 0, 0, 0, 90, 8, 2, 0, 0, 0]);
      const start = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header)]);
      expect(verdictOf(Buffer.concat([start, chunk("IDAT", data)])), name).to.equal("no error");
      const short = Buffer.concat([start, chunk("IDAT", data.subarray(0, -12))]);
      expect(verdictOf(short), name).to.equal("FILE_CORRUPT");
    }
  });
});

describe("What passes the check", () => {
  it("starts once: browsers show no JPEG that starts again in its headers", async () => {
    for (const [kind, whole] of await jpegs()) {
      const frame = whole.indexOf(Buffer.from([0xff, kind.startsWith("progressive") ? 0xc2 : 0xc0]));
      const twice = Buffer.concat([whole.subarray(0, frame), Buffer.from([0xff, 0xd8]), whole.subarray(frame)]);
      expect(await nameOfError(sharp(twice).raw().toBuffer()), kind).not.to.equal("no error");
      expect([verdictOf(twice), await nameOfError(decode(twice))], kind).to.deep.equal([
        "FILE_CORRUPT",
        "FILE_CORRUPT",
      ]);
    }
  });

  it("is a photo to the decoder as well, or damaged, whatever was done to the file", async () => {
    const sources = [
      ...(await jpegs()).map(([, file]) => file),
      await sharp(realPhoto(2)).resize(100, 80).withMetadata({ orientation: 6 }).png().toBuffer(),
    ];
    const random = randomFrom(14);
    const tally = { passed: 0, refused: 0 };
    for (let n = 0; n < 1500; n++) {
      const file = mutate(sources[n % sources.length] ?? Buffer.alloc(0), random);
      const verdict = file[0] === 0x89 || file[0] === 0xff ? verdictOf(file) : "FORMAT_MISMATCH";
      tally[verdict === "no error" ? "passed" : "refused"]++;
      if (verdict !== "no error") continue;
      const { width, height } = readImageHeader(file);
      const size = Math.min(width, height, 50);
      const options = { square: { left: 0, top: 0, size }, sizes: [20], quality: 80, maxPixels: limits.maxPixels };
      expect(await nameOfError(createThumbnails(file, options))).to.be.oneOf([
        "no error",
        "FILE_CORRUPT",
        "IMAGE_TOO_LARGE",
      ]);
    }
    expect(tally.passed).to.be.greaterThan(100);
    expect(tally.refused).to.be.greaterThan(100);
  });

  it("has at most 64 scans, for the check and for the decoder", async () => {
    const options = { square: { left: 0, top: 0, size: 64 }, sizes: [64], quality: 85, maxPixels: 50_000_000 };
    for (const [scans, expected] of [
      [64, "no error"],
      [65, "FILE_CORRUPT"],
    ] as const) {
      const file = manyScans(64, 64, scans);
      expect(verdictOf(file), `${scans} scans`).to.equal(expected);
      const decoded = await nameOfError(createThumbnails(file, options));
      expect(decoded, `${scans} scans`).to.equal(expected);
    }
  });

  it("has at most the 10 blocks a unit that JPEG allows, for the check and for the decoder", async () => {
    const options = { square: { left: 0, top: 0, size: 40 }, sizes: [40], quality: 85, maxPixels: 50_000_000 };
    for (const [h, layout, expected] of [
      [2, "interleaved", "no error"],
      [3, "interleaved", "FILE_CORRUPT"],
      [3, "progressive", "FILE_CORRUPT"],
      [3, "separate", "no error"],
    ] as const) {
      const components = [4, 4, h].map((across, channel) => ({ h: across, v: 1, sample: pattern(channel) }));
      const file = writeJpeg({ width: 64, height: 40, components, layout });
      expect(verdictOf(file), `${h}, ${layout}`).to.equal(expected);
      const decoded = await nameOfError(createThumbnails(file, options));
      expect(decoded, `${h}, ${layout}`).to.equal(expected);
    }
  });

  it("never makes the check throw anything but its own errors, whatever the bytes", () => {
    const starts = fc.constantFrom("ffd8ff", "ffd8ffc00011080014001e03012200021101031101", "89504e470d0a1a0a");
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const verdict = verdictOf(Buffer.concat([Buffer.from(start, "hex"), rest]));
        expect(verdict).to.be.oneOf([
          "no error",
          "FILE_CORRUPT",
          "FORMAT_NOT_SUPPORTED",
          "IMAGE_TOO_LARGE",
          "FORMAT_MISMATCH",
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
