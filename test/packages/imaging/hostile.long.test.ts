import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import type { EngineKind } from "../../../packages/imaging/engine";
import { readImageHeader } from "../../../packages/imaging/file/header";
import { thumbnailer } from "../../../packages/imaging/thumbnails";
import { nameOfError } from "../../support/errors";
import { pattern, realPhoto } from "./images";
import { writeJpeg } from "./jpeg-writer";
import { writePng } from "./png-writer";

const names = ["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"];

/** Small files of every kind that the decoders know. */
async function corpus(): Promise<Buffer[]> {
  const photo = sharp(realPhoto(1)).resize(96, 80);
  const components = [0, 1, 2].map((channel) => ({ h: channel === 0 ? 2 : 1, v: 1, sample: pattern(channel) }));
  const own = { width: 96, height: 80, components };
  const sample = (x: number, y: number, channel: number): number => (x * 3 + y * 5 + channel * 50) & 255;
  const made = await Promise.all([
    photo.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer(),
    photo.clone().jpeg({ progressive: true, quality: 80 }).toBuffer(),
    photo.clone().withIccProfile("p3").jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
    photo.clone().toColourspace("cmyk").jpeg().toBuffer(),
    photo.clone().png().toBuffer(),
    photo.clone().png({ palette: true, progressive: true }).toBuffer(),
  ]);
  return [
    ...made,
    writeJpeg({ ...own, restartInterval: 2 }),
    writeJpeg({ ...own, layout: "separate", restartInterval: 5 }),
    writeJpeg({ ...own, layout: "progressive" }),
    writePng({ width: 96, height: 80, depth: 16, type: 6, sample: (x, y, c) => sample(x, y, c) * 257 }),
  ];
}

/** Together 30,130 damaged files, the same in every run. */
const runs = {
  changed: { wasm: 19_000, plain: 1_100 },
  moved: { wasm: 9_000, plain: 430 },
  compared: 600,
  seed: 20_261_201,
} as const;

const maxPixels = 100_000;

/** A square inside the photo, whatever its damaged header says: a RangeError then comes from the decoder. */
function optionsFor(file: Buffer, size: number) {
  let side = 80;
  try {
    const { width, height } = readImageHeader(file);
    if (width * height <= maxPixels) side = Math.min(80, width, height);
  } catch {
    // Then the thumbnail fails for the same reason.
  }
  return { square: { left: 0, top: 0, size: side }, sizes: [size], quality: 80, maxPixels };
}

/** A thumbnail, or one of the errors that the step declares. */
async function survives(file: Buffer, kind: EngineKind, size: number): Promise<void> {
  const name = await nameOfError(thumbnailer(kind)(file, optionsFor(file, size)));
  expect([...names, "no error"]).to.include(name);
}

describe("damaged files", () => {
  let files: Buffer[];
  before(async () => {
    files = await corpus();
  });

  it("are sound before they are damaged", async () => {
    for (const file of files) expect(await nameOfError(thumbnailer()(file, optionsFor(file, 20)))).to.equal("no error");
  });

  for (const kind of ["wasm", "plain"] as const) {
    it(`end in a thumbnail or a named error when bytes are changed, ${kind} engine`, async () => {
      const mutation = fc.record({
        file: fc.nat({ max: 9 }),
        size: fc.constantFrom(8, 20, 40, 80),
        changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }),
      });
      await fc.assert(
        fc.asyncProperty(mutation, async ({ file, size, changes }) => {
          const damaged = Buffer.from(files[file] ?? Buffer.alloc(0));
          for (const [at, value] of changes) damaged[at % damaged.length] = value;
          await survives(damaged, kind, size);
        }),
        { numRuns: runs.changed[kind], seed: runs.seed },
      );
    });

    it(`end in a thumbnail or a named error when pieces are moved, ${kind} engine`, async () => {
      const splice = fc.tuple(fc.nat({ max: 9 }), fc.nat(), fc.nat(), fc.nat({ max: 400 }), fc.constantFrom(10, 80));
      await fc.assert(
        fc.asyncProperty(splice, async ([index, from, to, length, size]) => {
          const file = files[index] ?? Buffer.alloc(0);
          const start = from % file.length;
          const rest = Buffer.concat([file.subarray(0, start), file.subarray(start + length)]);
          const place = to % rest.length;
          const piece = file.subarray(start, start + length);
          await survives(Buffer.concat([rest.subarray(0, place), piece, rest.subarray(place)]), kind, size);
        }),
        { numRuns: runs.moved[kind], seed: runs.seed },
      );
    });

    it(`are corrupt when they end early, ${kind} engine`, async () => {
      for (const file of files) {
        for (const part of [0.2, 0.5, 0.7, 0.9, 0.97]) {
          const cut = file.subarray(0, Math.floor(file.length * part));
          expect(await nameOfError(thumbnailer(kind)(cut, optionsFor(cut, 80)))).to.equal("FILE_CORRUPT");
        }
      }
    });
  }

  it("get the same verdict from both engines", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 9 }), fc.nat(), fc.nat({ max: 255 }), async (index, at, value) => {
        const damaged = Buffer.from(files[index] ?? Buffer.alloc(0));
        damaged[at % damaged.length] = value;
        const [fast, plain] = await Promise.all(
          (["wasm", "plain"] as const).map((kind) => nameOfError(thumbnailer(kind)(damaged, optionsFor(damaged, 40)))),
        );
        expect(fast).to.equal(plain);
      }),
      { numRuns: runs.compared, seed: runs.seed },
    );
  });
});
