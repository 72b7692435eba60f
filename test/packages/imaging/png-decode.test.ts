import { expect } from "chai";
import { PNG } from "pngjs";
import sharp from "sharp";
import { pngFormat } from "../../../packages/imaging/formats";
import { readPixels, readPngInfo } from "../../../packages/imaging/png/chunks";
import { nameOfError } from "../../support/errors";
import { compare, realPhoto, rgbOf } from "./images";
import { chunk, writePng, type PngImage } from "./png-writer";

const kinds: readonly (readonly [number, readonly number[]])[] = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
];

/** Slopes with alpha from nothing to full; 16-bit samples differ in both bytes. */
function image(type: number, depth: number, rest: Partial<PngImage> = {}): PngImage {
  const most = 2 ** depth - 1;
  const sample = (x: number, y: number, channel: number): number =>
    Math.round((((x * (channel + 2) * 7 + y * (5 - channel) * 3) % 101) / 100) * most);
  const palette = Buffer.from(Array.from({ length: 768 }, (_, at) => (at * 37) & 255));
  const alphas = Buffer.from(Array.from({ length: 20 }, (_, at) => at * 13));
  const colours = 2 ** Math.min(8, depth);
  const chunks: PngImage["chunks"] =
    type === 3
      ? [
          ["PLTE", palette.subarray(0, colours * 3)],
          ["tRNS", alphas.subarray(0, Math.min(20, colours))],
        ]
      : [];
  return { width: 37, height: 29, depth, type, sample, chunks, ...rest };
}

/** pngjs's result for a file, on white: the upper byte of 16-bit samples. */
function independent(file: Buffer): Buffer {
  const { data } = PNG.sync.read(file);
  const out: number[] = [];
  for (let at = 0; at < data.length; at += 4) {
    const alpha = (data[at + 3] ?? 0) / 255;
    for (let n = 0; n < 3; n++) out.push(Math.round((data[at + n] ?? 0) * alpha + 255 * (1 - alpha)));
  }
  return Buffer.from(out);
}

describe("a PNG's compressed pixels", () => {
  /** A file of 20 MB with chunks of one byte took half a minute when zlib received each chunk by itself. */
  it("come in large pieces, however small the chunks are", () => {
    const whole = writePng(image(2, 8));
    const expected = Buffer.concat([...readPixels(whole, readPngInfo(whole).dataStart, 1e6)]);
    for (const idatSize of [1, 7, 100, Infinity]) {
      const file = writePng(image(2, 8, { idatSize }));
      for (const size of [64, 100, 1e6]) {
        // A piece is valid until the next one is requested.
        const pieces = Array.from(readPixels(file, readPngInfo(file).dataStart, size), (piece) => Buffer.from(piece));
        expect(Buffer.concat(pieces).equals(expected)).to.equal(true);
        expect(pieces).to.have.lengthOf(Math.ceil(expected.length / size));
      }
    }
  });

  it("may have empty chunks among them, and end with any other", async () => {
    const file = writePng(image(2, 8, { idatSize: 300 }));
    const plain = await pngFormat().decode(file);
    const { dataStart } = readPngInfo(file);
    const empty = chunk("IDAT", Buffer.alloc(0));
    const second = dataStart + 312;
    const end = file.length - 12;
    const padded = [file.subarray(0, dataStart), empty, file.subarray(dataStart, second), empty];
    const after = [file.subarray(second, end), empty, chunk("tEXt", Buffer.from("a\0b")), file.subarray(end)];
    const { data } = await pngFormat().decode(Buffer.concat([...padded, ...after]));
    expect(data.equals(plain.data)).to.equal(true);
    const split = Buffer.concat([file.subarray(0, second), chunk("tEXt", Buffer.from("a\0b")), file.subarray(second)]);
    expect(await nameOfError(pngFormat().decode(split))).to.equal("FILE_CORRUPT");
  });
});

for (const kind of ["wasm", "plain"] as const) {
  const png = pngFormat(kind);

  describe(`PNG decoding, ${kind} engine`, () => {
    for (const [type, depths] of kinds) {
      for (const depth of depths) {
        for (const interlaced of [false, true]) {
          it(`decodes colour type ${type} with ${depth} bits${interlaced ? ", interlaced" : ""}, as pngjs does`, async () => {
            const file = writePng(image(type, depth, { interlaced, idatSize: 200 }));
            expect(compare(rgbOf(await png.decode(file)), independent(file)).most).to.be.at.most(depth === 16 ? 2 : 1);
          });
        }
      }
    }

    it("takes one grey or colour for transparent when the file says so", async () => {
      for (const depth of [4, 8, 16]) {
        const file = writePng(image(0, depth, { chunks: [["tRNS", Buffer.from([0, 0])]] }));
        const { data } = await png.decode(file);
        expect([...data.subarray(0, 3)]).to.deep.equal([255, 255, 255]);
      }
      const key = Buffer.from([0, 0, 0, 0, 0, 0]);
      const { data } = await png.decode(writePng(image(2, 8, { chunks: [["tRNS", key]] })));
      expect([...data.subarray(0, 3)]).to.deep.equal([255, 255, 255]);
    });

    it("shrinks a part of a photo as a careful resampling of it would", async () => {
      const file = await sharp(realPhoto(5)).png({ compressionLevel: 3 }).toBuffer();
      const region = { left: 301, top: 203, width: 777, height: 777 };
      const small = await png.decode(file, { region, width: 64, height: 64 });
      const expected = await sharp(file).extract(region).resize(64, 64).removeAlpha().raw().toBuffer();
      expect(compare(rgbOf(small), expected).mean).to.be.below(1);
    });

    it("decodes images of one row or column, interlaced too", async () => {
      for (const [width, height] of [
        [1, 1],
        [1, 9],
        [9, 1],
        [3, 5],
      ] as const) {
        for (const interlaced of [false, true]) {
          const file = writePng(image(2, 8, { width, height, interlaced }));
          expect(compare(rgbOf(await png.decode(file)), independent(file)).most).to.equal(0);
        }
      }
    });

    it("does not read what lies below the wanted rows", async () => {
      const file = writePng(image(2, 8, { width: 300, height: 600, idatSize: 1000 }));
      const region = { left: 0, top: 0, width: 300, height: 30 };
      const whole = await png.decode(file, { region });
      const cut = await png.decode(file.subarray(0, file.length >> 1), { region });
      expect(cut.data.equals(whole.data)).to.equal(true);
      expect(await nameOfError(png.decode(file.subarray(0, file.length >> 1)))).to.equal("FILE_CORRUPT");
    });

    it("takes two-byte transparent values by the image's own depth", async () => {
      const plain = await png.decode(writePng(image(0, 8, { chunks: [["tRNS", Buffer.from([0, 0])]] })));
      const masked = await png.decode(writePng(image(0, 8, { chunks: [["tRNS", Buffer.from([0x7f, 0])]] })));
      expect(masked.data.equals(plain.data)).to.equal(true);
      const key = Buffer.from([9, 0, 8, 0, 7, 0]);
      const { data } = await png.decode(writePng(image(2, 8, { chunks: [["tRNS", key]] })));
      expect([...data.subarray(0, 3)]).to.deep.equal([255, 255, 255]);
    });

    it("decodes any part of an interlaced photo, at any size, as of one that is not", async () => {
      const given = image(2, 8, { width: 131, height: 117 });
      const [rows, passes] = [writePng(given), writePng({ ...given, interlaced: true })];
      for (const [left, top, width, height] of [
        [0, 0, 131, 117],
        [3, 5, 128, 112],
        [60, 41, 1, 1],
        [97, 0, 34, 117],
      ] as const) {
        for (const factor of [1, 2, 3.5, 5, 9, 31]) {
          const [across, down] = [Math.ceil(width / factor), Math.ceil(height / factor)];
          const options = { region: { left, top, width, height }, width: across, height: down };
          const [one, other] = await Promise.all([png.decode(rows, options), png.decode(passes, options)]);
          expect(one.data.equals(other.data), `${left}, ${top}, ${width}, ${factor}`).to.equal(true);
        }
      }
    });
  });
}
