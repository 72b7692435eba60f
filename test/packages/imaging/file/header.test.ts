import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import { readImageHeader } from "../../../../packages/imaging/index";
import { realPhoto } from "../images";
import { nameOfThrown } from "../../../support/errors";

const names = ["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED"];

const nameOf = (bytes: Uint8Array) => nameOfThrown(() => readImageHeader(bytes));

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

  it("reads the upright sides of a PNG with an orientation (eXIf), unless that chunk is damaged", async () => {
    const photo = await sharp(realPhoto()).resize(40, 30).withMetadata({ orientation: 6 }).png().toBuffer();
    const upright = { format: "png", width: 30, height: 40, orientation: 6, progressive: false };
    expect(readImageHeader(photo)).to.deep.equal(upright);
    const exif = photo.indexOf("eXIf");
    photo.writeUInt32BE(0, exif + 4 + photo.readUInt32BE(exif - 4));
    const stored = { format: "png", width: 40, height: 30, orientation: 1, progressive: false };
    expect(readImageHeader(photo)).to.deep.equal(stored);
  });

  it("recognizes EXIF as broadly as browsers do: by any byte behind its name, and behind the frame header", async () => {
    const photo = await sharp(realPhoto()).resize(40, 30).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const at = photo.indexOf("Exif");
    const end = at - 2 + photo.readUInt16BE(at - 2);
    const padded = Buffer.from(photo);
    padded[at + 5] = 0xff;
    expect(readImageHeader(padded)).to.include({ orientation: 6, width: 30 });
    const scan = photo.indexOf(Buffer.from([0xff, 0xda]));
    const parts = [photo.subarray(0, at - 4), photo.subarray(end, scan), photo.subarray(at - 4, end)];
    const late = Buffer.concat([...parts, photo.subarray(scan)]);
    expect(readImageHeader(late)).to.include({ orientation: 6, width: 30 });
  });

  it("reads the first directory of EXIF alone: the second describes the preview", () => {
    const directory = (tag: string) => `0001${tag}00030000000100060000`;
    const tiff = "4d4d002a00000008" + directory("0110") + "0000001a" + directory("0112") + "00000000";
    const payload = Buffer.concat([Buffer.from("Exif\0\0"), Buffer.from(tiff, "hex")]);
    const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, payload.length + 2]);
    const photo = Buffer.concat([head, payload, Buffer.from("ffc00011080014001e03012200021101031101", "hex")]);
    expect(readImageHeader(photo)).to.include({ orientation: 1 });
  });

  it("names the bytes of a file that is no photo", () => {
    expect(() => readImageHeader(Buffer.from("GIF89a…"))).to.throw('starts with "47 49 46 38 39 61');
    expect(nameOf(Buffer.alloc(0))).to.equal("FORMAT_NOT_SUPPORTED");
  });

  it("names what it is that makes a JPEG one of a rare kind", () => {
    const messageOf = (marker: string, precision = "08"): string => {
      try {
        readImageHeader(Buffer.from(`ffd8ff${marker}0011${precision}0014001e03012200021101031101`, "hex"));
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(messageOf("c9")).to.include("arithmetic-coded");
    expect(messageOf("c3")).to.include("lossless");
    expect(messageOf("cd")).to.include("hierarchical, arithmetic-coded");
    expect(messageOf("c1", "0c")).to.include("12 bits a sample");
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
    const png = "89504e470d0a1a0a0000000d4948445200000028000000280802000000039c2f3a";
    const starts = fc.constantFrom("ffd8ff", "ffd8ffe1001045786966000049492a00", png.slice(0, 32), png);
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, "hex"), rest]);
        const name = nameOf(bytes);
        if (name !== "no error") expect(names).to.include(name);
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
