import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import { fileKind, readJpegHeader, readPngHeader } from "../../../handlers/1-check-format/image-header";
import { kindOf, sizeOf } from "../../../site/upload/photo-header";
import { portrait, truncated } from "../../support/photos";

describe("The page's reading of a photo's header", () => {
  const pixels = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: 90, g: 120, b: 60 } } });

  it("agrees with the pipeline's on every kind of JPEG and PNG", async () => {
    const files = [
      await pixels(300, 200).jpeg().toBuffer(),
      await pixels(1, 4000).jpeg({ progressive: true, quality: 20 }).toBuffer(),
      await pixels(200, 300).png().toBuffer(),
      await pixels(200, 300).png({ progressive: true, palette: true }).toBuffer(),
      await portrait("A", { rotatedExif: 6, withLocation: true }),
      await portrait("B", { format: "png", width: 300 }),
    ];
    for (const file of files) {
      const kind = kindOf(file);
      expect(kind).to.equal(fileKind(file));
      const theirs = kind === "png" ? readPngHeader(file) : readJpegHeader(file);
      expect(theirs).to.deep.include(sizeOf(file, kind as "jpeg" | "png"));
    }
  });

  it("finds that a file was cut off, wherever that was", async () => {
    expect(sizeOf(await truncated(), "jpeg")).to.equal(undefined);
    for (const file of [await pixels(60, 40).jpeg().toBuffer(), await pixels(60, 40).png().toBuffer()]) {
      const kind = kindOf(file) as "jpeg" | "png";
      for (let length = 8; length < file.length; length += 1) {
        expect(sizeOf(file.subarray(0, length), kind), `${kind} of ${length} bytes`).to.equal(undefined);
      }
    }
  });

  it("lets what follows the end of a photo be, as the second picture of a phone's HDR photo", async () => {
    const file = await pixels(60, 40).jpeg().toBuffer();
    expect(sizeOf(Buffer.concat([file, file]), "jpeg")).to.deep.equal({ width: 60, height: 40 });
  });

  it("never throws, whatever the bytes are", async () => {
    const whole = await portrait("A", { width: 200, rotatedExif: 6 });
    const damaged = fc
      .tuple(fc.nat(whole.length), fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 })), { maxLength: 9 }))
      .map(([length, changes]) => {
        const bytes = new Uint8Array(whole.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        kindOf(bytes);
        sizeOf(bytes, "jpeg");
        sizeOf(bytes, "png");
      }),
      { numRuns: 2000 },
    );
  });

  it("tells HEIC from what is no photo", () => {
    expect(kindOf(Buffer.from("\0\0\0\x18ftypheic", "latin1"))).to.equal("heic");
    expect(kindOf(Buffer.from("\0\0\0\x18ftypmp42", "latin1"))).to.equal("other");
    expect(kindOf(Buffer.from("GIF89a"))).to.equal("other");
    expect(kindOf(new Uint8Array())).to.equal("other");
  });
});
