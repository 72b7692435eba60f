import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import { readImageHeader } from "../../../packages/imaging/index";
import { realPhoto } from "./images";

const names = ["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED"];

function nameOf(bytes: Uint8Array): string | undefined {
  try {
    readImageHeader(bytes);
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

describe("readImageHeader", () => {
  it("reads upright sides, orientation and kind of JPEG", async () => {
    for (const progressive of [false, true]) {
      for (let orientation = 1; orientation <= 8; orientation++) {
        const photo = await sharp(realPhoto())
          .resize(40, 30)
          .withMetadata({ orientation })
          .jpeg({ progressive })
          .toBuffer();
        const [width, height] = orientation >= 5 ? [30, 40] : [40, 30];
        expect(readImageHeader(photo)).to.deep.equal({ format: "jpeg", width, height, orientation, progressive });
      }
    }
  });

  it("reads EXIF in the byte order of Motorola and of Intel", () => {
    const exif = (body: string): Buffer => {
      const payload = Buffer.concat([Buffer.from("Exif\0\0"), Buffer.from(body, "hex")]);
      const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, payload.length + 2]);
      return Buffer.concat([head, payload, Buffer.from("ffc00011080014001e03012200021101031101", "hex")]);
    };
    const motorola = exif("4d4d002a00000008" + "0001" + "0112000300000001" + "00060000" + "00000000");
    const intel = exif("49492a0008000000" + "0100" + "1201030001000000" + "08000000" + "00000000");
    expect(readImageHeader(motorola)).to.include({ orientation: 6, width: 20, height: 30 });
    expect(readImageHeader(intel)).to.include({ orientation: 8, width: 20, height: 30 });
    const both = Buffer.concat([intel.subarray(0, 38), motorola.subarray(2)]);
    expect(both.indexOf("Exif", 30), "the second follows the first").to.equal(42);
    expect(readImageHeader(both), "the first counts").to.include({ orientation: 8 });
  });

  it("takes a damaged EXIF for none", () => {
    const start = "ffd8ffe100144578696600004d4d002a" + "7fffffff" + "0001";
    const photo = Buffer.from(start + "0112" + "ffc00011080014001e03012200021101031101", "hex");
    expect(readImageHeader(photo)).to.include({ orientation: 1, width: 30, height: 20 });
  });

  it("reads PNG as it is stored", async () => {
    const photo = await sharp(realPhoto()).resize(40, 30).withMetadata({ orientation: 6 }).png().toBuffer();
    const expected = { format: "png", width: 40, height: 30, orientation: 1, progressive: false };
    expect(readImageHeader(photo)).to.deep.equal(expected);
  });

  it("names the bytes of a file that is no photo", () => {
    expect(() => readImageHeader(Buffer.from("GIF89a…"))).to.throw('starts with "47 49 46 38 39 61');
    expect(nameOf(Buffer.alloc(0))).to.equal("FORMAT_NOT_SUPPORTED");
  });

  it("tells unsupported kinds of JPEG from damaged ones", () => {
    const frame = (marker: string, precision = "08", sides = "0014001e"): Buffer =>
      Buffer.from(`ffd8ff${marker}0011${precision}${sides}03012200021101031101`, "hex");
    for (const marker of ["c3", "c5", "c6", "c7", "c9", "ca", "cb", "cd", "ce", "cf"]) {
      expect(nameOf(frame(marker)), marker).to.equal("FORMAT_NOT_SUPPORTED");
    }
    expect(nameOf(frame("c1", "0c"))).to.equal("FORMAT_NOT_SUPPORTED");
    expect(nameOf(frame("c0", "08", "0000001e"))).to.equal("FILE_CORRUPT");
  });

  it("either reads a header or throws one of its errors, whatever the bytes", () => {
    const starts = fc.constantFrom("ffd8ff", "ffd8ffe1001045786966000049492a00", "89504e470d0a1a0a0000000d49484452");
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, "hex"), rest]);
        const name = nameOf(bytes);
        if (name !== undefined) expect(names).to.include(name);
        else expect(readImageHeader(bytes).width).to.be.greaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("finds every cut of a real header corrupt", async () => {
    const jpeg = await sharp(realPhoto()).resize(40, 30).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const frameEnd = jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 19;
    for (let length = 3; length < frameEnd; length++) {
      expect(nameOf(jpeg.subarray(0, length)), `${length} bytes`).to.equal("FILE_CORRUPT");
    }
  });
});
