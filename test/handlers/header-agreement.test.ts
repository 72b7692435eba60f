import { expect } from "chai";
import fc from "fast-check";
import { checkBytes } from "../../handlers/1-check-format/handler";
import { readImageHeader } from "../../packages/imaging/header";
import { createThumbnails } from "../../packages/imaging/index";
import { exif, manyScans, segment, withSegments, withSegmentsAfterFrame } from "../flow/hostile/files";
import { nameOfError, pattern } from "../packages/imaging/images";
import { writeJpeg } from "../packages/imaging/jpeg-writer";
import { portrait } from "../support/photos";
import { pngFile } from "./photos";

const limits = { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000, minSide: 1 };

type Size = { readonly width: number; readonly height: number };

/** The upright size, or the name of the refusal. */
function sizeOrName(read: () => Size): Size | string {
  try {
    const { width, height } = read();
    return { width, height };
  } catch (error) {
    return (error as Error).name;
  }
}

/** What CheckFormat lets through has that very size for the decoder, or is no photo to it either. */
function agree(file: Buffer, named: "jpeg" | "png"): void {
  const checked = sizeOrName(() => checkBytes(file, named, limits));
  if (typeof checked === "string") return;
  const decoded = sizeOrName(() => readImageHeader(file));
  if (typeof decoded === "string") expect(decoded).to.be.oneOf(["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED"]);
  else expect(decoded).to.deep.equal(checked);
}

/**
 * The face's box is in the upright photo as CheckFormat measured it, and the thumbnail is cut from what the decoder
 * measured. If a file could make the two differ, it would end as a fault of ours.
 */
describe("the size of a photo", () => {
  let upright: Buffer;
  let turned: Buffer;
  let drawing: Buffer;
  before(async () => {
    upright = await portrait("A", { width: 64 });
    turned = await portrait("A", { width: 64, rotatedExif: 6, progressive: true });
    drawing = await portrait("A", { width: 64, format: "png" });
  });

  it("is the same for CheckFormat and for the decoder, whatever orientations a photo tells", () => {
    const parts = fc.record({
      directory: fc.constantFrom(8, 0, 4, 20, 0xffffffff),
      count: fc.constantFrom(1, 2, 5, 65_535),
      magic: fc.constantFrom(42, 42, 42, 43),
      entries: fc.array(
        fc.tuple(
          fc.constantFrom(0x0112, 0x0112, 0x0110),
          fc.constantFrom(3, 3, 4, 1),
          fc.constant(1),
          fc.integer({ min: 0, max: 70_000 }).map((value) => (value < 60_000 ? value % 10 : value)),
        ),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 2 }), fc.array(parts, { maxLength: 1 }), (before, after) => {
        agree(withSegmentsAfterFrame(withSegments(upright, ...before.map(exif)), ...after.map(exif)), "jpeg");
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same when one of the two could be made to read another frame", () => {
    const frame = segment(0xc0, Buffer.from([8, 0, 99, 0, 33, 1, 1, 0x11, 0]));
    for (const marker of [0x00, 0x01, 0xc8, 0xcc, 0xd0, 0xd8, 0xdc, 0xdf, 0xe0, 0xef, 0xf0, 0xfe, 0xff]) {
      agree(withSegments(upright, segment(marker, frame)), "jpeg");
      agree(withSegments(upright, Buffer.from([0xff, marker]), frame), "jpeg");
    }
  });

  it("is too large for both when it is that of an interlaced PNG", async () => {
    for (const [width, expected] of [
      [2000, "FILE_CORRUPT"],
      [2001, "IMAGE_TOO_LARGE"],
    ] as const) {
      const file = pngFile({ width, height: 2000, interlaced: true });
      const options = { square: { left: 0, top: 0, size: 2000 }, sizes: [64], quality: 85, maxPixels: 50_000_000 };
      // It holds no pixels, so that a decoder that begins finds it damaged.
      const decoded = await createThumbnails(file, options).catch((error: Error) => error.name);
      expect(decoded).to.equal(expected);
      const checked = sizeOrName(() => checkBytes(file, "png", limits));
      expect(checked === "IMAGE_TOO_LARGE").to.equal(decoded === "IMAGE_TOO_LARGE");
    }
  });

  it("is refused by both where a JPEG has more scans than are read", async () => {
    const square = { left: 0, top: 0, size: 64 };
    const options = { square, sizes: [64], quality: 85, maxPixels: 50_000_000 };
    for (const [scans, isRead] of [
      [64, true],
      [65, false],
    ] as const) {
      const file = manyScans(64, 64, scans);
      expect(typeof sizeOrName(() => checkBytes(file, "jpeg", limits)) !== "string", `${scans} scans`).to.equal(isRead);
      const decoded = await createThumbnails(file, options).catch((error: Error) => error.name);
      expect(decoded !== "FORMAT_NOT_SUPPORTED", `${scans} scans`).to.equal(isRead);
    }
  });

  it("is refused by both where a scan has more blocks a unit than JPEG allows", async () => {
    const options = { square: { left: 0, top: 0, size: 40 }, sizes: [40], quality: 85, maxPixels: 50_000_000 };
    for (const [h, layout, expected] of [
      [2, "interleaved", "no error"],
      [3, "interleaved", "FILE_CORRUPT"],
      [3, "progressive", "FILE_CORRUPT"],
      [3, "separate", "no error"],
    ] as const) {
      const components = [4, 4, h].map((across, channel) => ({ h: across, v: 1, sample: pattern(channel) }));
      const file = writeJpeg({ width: 64, height: 40, components, layout });
      const checked = sizeOrName(() => checkBytes(file, "jpeg", limits));
      expect(typeof checked === "string" ? checked : "no error", `${h}, ${layout}`).to.equal(expected);
      expect(await nameOfError(createThumbnails(file, options)), `${h}, ${layout}`).to.equal(expected);
    }
  });

  it("is the same when bytes are changed", () => {
    const change = fc.tuple(fc.nat({ max: 2 }), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }));
    fc.assert(
      fc.property(change, ([index, changes]) => {
        const file = Buffer.from([upright, turned, drawing][index] ?? upright);
        for (const [at, value] of changes) file[at % Math.min(file.length, 1500)] = value;
        agree(file, index === 2 ? "png" : "jpeg");
      }),
      { numRuns: 3000 },
    );
  });
});
