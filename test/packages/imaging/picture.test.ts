import { expect } from "chai";
import sharp from "sharp";
import { isPlain } from "../../../packages/imaging/file/plain";
import { pictureMaker } from "../../../packages/imaging/picture";
import { thumbnailer } from "../../../packages/imaging/thumbnails";
import { compare, pattern, realPhoto } from "./images";
import { writePng } from "./png-writer";
import { profileOf, withProfile } from "./profiles";

const side = 240;
const square = () => sharp(realPhoto(1)).resize(side, side);
const jpeg = () => square().jpeg({ quality: 95 }).toBuffer();

/** Inserts a segment behind SOI. */
const withSegment = (file: Buffer, marker: number, payload: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 255]);
  return Buffer.concat([file.subarray(0, 2), head, payload, file.subarray(2)]);
};

/** A profile whose gamma of 8 hides whatever is darker than about half. */
const hiding = profileOf(
  [
    [0.4361, 0.2225, 0.0139],
    [0.3851, 0.7169, 0.0971],
    [0.1431, 0.0606, 0.7139],
  ],
  8,
);

/** One picture if alpha is ignored, another one on white. */
const twoFaced = (): Buffer => {
  const [hidden, shown] = [pattern(0), pattern(2)];
  const sample = (x: number, y: number, channel: number) => (channel < 3 ? hidden(x, y) : shown(x, y)) & 255;
  return writePng({ width: side, height: side, depth: 8, type: 6, sample });
};
const plainPng = (chunks: readonly (readonly [string, Buffer])[]): Buffer =>
  writePng({ width: side, height: side, depth: 8, type: 2, sample: (x, y, c) => pattern(c)(x, y) & 255, chunks });

/** Little-endian EXIF with an orientation alone. */
const exif = (orientation: number): Buffer => {
  const tiff = Buffer.from("49492a00080000000100120103000100000000000000000000000000", "hex");
  tiff.writeUInt16LE(orientation, 18);
  return tiff;
};

/** Photos that two decoders can read in different ways. */
const odd: readonly (readonly [string, () => Promise<Buffer> | Buffer])[] = [
  ["a PNG whose alpha shows another picture than its colours", twoFaced],
  ["a PNG with one transparent colour", () => plainPng([["tRNS", Buffer.from([0, 10, 0, 20, 0, 30])]])],
  ["a PNG that is turned by eXIf", () => plainPng([["eXIf", exif(6)]])],
  ["a PNG with a gamma", () => plainPng([["gAMA", Buffer.from([0, 0, 0x27, 0x10])]])],
  ["a JPEG with a profile that hides the dark half", async () => withProfile(await jpeg(), hiding)],
  ["a JPEG that is turned by EXIF", () => square().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
  [
    "a JPEG whose second EXIF turns it otherwise",
    async () => {
      const segment = (orientation: number) => Buffer.concat([Buffer.from("Exif\0\0"), exif(orientation)]);
      return withSegment(withSegment(await jpeg(), 0xe1, segment(3)), 0xe1, segment(6));
    },
  ],
  [
    "a JPEG that Adobe's segment declares to be RGB",
    async () => withSegment(await jpeg(), 0xee, Buffer.from("Adobe\0\x64\0\0\0\0\0", "latin1")),
  ],
  ["a CMYK JPEG", () => square().toColourspace("cmyk").jpeg().toBuffer()],
  ["a progressive JPEG", () => square().jpeg({ progressive: true }).toBuffer()],
  [
    "a JPEG with bytes that no segment owns",
    async () => {
      const file = await jpeg();
      return Buffer.concat([file.subarray(0, 20), Buffer.from([1, 2, 3]), file.subarray(20)]);
    },
  ],
];

describe("A photo has one reading", () => {
  it("in a baseline JPEG of a canvas or a camera that adds nothing, with whatever follows its end", async () => {
    const file = await jpeg();
    expect(isPlain(file)).to.equal(true);
    expect(isPlain(Buffer.concat([file, Buffer.from("a trailer \xff\xe1\xff\xd8", "latin1")]))).to.equal(true);
    expect(isPlain(await square().greyscale().jpeg().toBuffer())).to.equal(true);
  });

  it("in an opaque PNG of 8 bits that says nothing about its colours", async () => {
    expect(isPlain(plainPng([]))).to.equal(true);
    expect(isPlain(await square().greyscale().toColourspace("b-w").png().toBuffer())).to.equal(true);
    expect(isPlain(await square().png({ palette: true }).toBuffer())).to.equal(false);
    expect(isPlain(plainPng([["iCCP", Buffer.from("p\0\0")]]))).to.equal(false);
    expect(isPlain(plainPng([]).subarray(0, -12))).to.equal(false);
  });

  for (const [what, make] of odd) {
    it(`not in ${what}`, async () => {
      expect(isPlain(await make())).to.equal(false);
    });
  }

  it("not if any of its segments or bytes is missing", async () => {
    const file = await jpeg();
    for (let length = 0; length < file.length - 1; length += 97) {
      expect(isPlain(file.subarray(0, length)), String(length)).to.equal(false);
    }
  });
});

for (const kind of ["wasm", "plain"] as const) {
  describe(`The picture that a program gets instead of the photo (${kind})`, () => {
    const renderPicture = pictureMaker(kind);

    for (const [what, make] of odd) {
      it(`is plain, and what the thumbnails show, of ${what}`, async () => {
        const file = await make();
        const picture = await renderPicture(file, { longSide: 1920, quality: 95 });
        expect(isPlain(picture)).to.equal(true);
        const [thumbnail] = await thumbnailer(kind)(file, {
          square: { left: 0, top: 0, size: side },
          sizes: [side],
          quality: 95,
          maxPixels: 1e6,
        });
        // By another decoder, which ignores profiles and orientations.
        const [shown, stored] = await Promise.all(
          [picture, thumbnail?.jpeg].map((one) => sharp(one, { ignoreIcc: true }).raw().toBuffer()),
        );
        expect(compare(shown ?? Buffer.alloc(0), stored ?? Buffer.alloc(0)).mean).to.be.below(1);
      });
    }

    it("is reduced to the length that is asked for, and never enlarged", async () => {
      const large = await sharp(realPhoto(1)).resize(1000, 750).png().toBuffer();
      const sizeOf = async (longSide: number) =>
        sharp(await renderPicture(large, { longSide, quality: 90 })).metadata();
      expect(await sizeOf(400)).to.include({ width: 400, height: 300 });
      expect(await sizeOf(1920)).to.include({ width: 1000, height: 750 });
    });

    it("is reduced further if the photo takes too much memory at this length", async () => {
      const file = await sharp({ create: { width: 8000, height: 6000, channels: 3, background: "#678" } })
        .jpeg({ progressive: true, chromaSubsampling: "4:4:4" })
        .toBuffer();
      const { width, height } = await sharp(await renderPicture(file, { longSide: 1920, quality: 90 })).metadata();
      expect({ width, height }).to.deep.equal({ width: 960, height: 720 });
    });

    it("keeps the shorter side at the 80 pixels that Rekognition needs", async () => {
      const strip = await sharp({ create: { width: 6000, height: 160, channels: 3, background: "#888" } })
        .png()
        .toBuffer();
      const { width, height } = await sharp(await renderPicture(strip, { longSide: 1920, quality: 90 })).metadata();
      expect({ width, height }).to.deep.equal({ width: 3000, height: 80 });
    });
  });
}
