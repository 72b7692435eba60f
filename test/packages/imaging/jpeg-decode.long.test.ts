import { expect } from "chai";
import jpegJs from "jpeg-js";
import sharp from "sharp";
import { openEngine } from "../../../packages/imaging/engine";
import { jpegFormat } from "../../../packages/imaging/formats";
import { decodeJpeg } from "../../../packages/imaging/jpeg/decode";
import type { Region } from "../../../packages/imaging/region";
import { nameOfError } from "../../support/errors";
import { compare, independentRgb, pattern, realPhoto, rgbOf } from "./images";
import { writeJpeg, type WriterOptions } from "./jpeg-writer";

const samplings: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  "4:4:4": [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  "4:2:2": [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  "4:2:0": [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  "4:4:0": [
    [1, 2],
    [1, 1],
    [1, 1],
  ],
  "4:1:1": [
    [4, 1],
    [1, 1],
    [1, 1],
  ],
  "unequal (3×1, 1×2, 1×1)": [
    [3, 1],
    [1, 2],
    [1, 1],
  ],
};

/** Slow waves, which no subsampling harms: decoders may then only differ by rounding. */
function smooth(channel: number): (x: number, y: number) => number {
  return (x, y) => 128 + 60 * Math.sin(x / (30 + channel * 9) + channel) * Math.cos(y / (40 - channel * 7));
}

function written(sampling: string, rest: Partial<WriterOptions> = {}): Buffer {
  const factors = samplings[sampling] ?? [];
  const components = factors.map(([h, v], channel) => ({ h, v, sample: smooth(channel) }));
  return writeJpeg({ width: 117, height: 93, components, ...rest });
}

for (const kind of ["wasm", "plain"] as const) {
  const jpeg = jpegFormat(kind);

  describe(`JPEG decoding, ${kind} engine`, () => {
    for (const sampling of Object.keys(samplings)) {
      for (const layout of ["interleaved", "separate", "progressive"] as const) {
        it(`decodes ${sampling}, ${layout}, as libjpeg does`, async () => {
          const file = written(sampling, { layout });
          const { data, width, height } = await jpeg.decode(file);
          expect([width, height]).to.deep.equal([117, 93]);
          const { mean, most } = compare(rgbOf({ data }), await independentRgb(file));
          // Chroma is enlarged by another filter than libjpeg's, and not rounded before it becomes red, green and blue.
          expect(mean).to.be.below(0.9);
          expect(most).to.be.at.most(sampling === "4:1:1" ? 8 : 5);
        });
      }

      it(`decodes ${sampling} with restart markers`, async () => {
        const plain = await jpeg.decode(written(sampling));
        for (const restartInterval of [1, 3, 8]) {
          for (const layout of ["interleaved", "separate", "progressive"] as const) {
            const restarted = await jpeg.decode(written(sampling, { restartInterval, layout }));
            expect(restarted.data.equals(plain.data)).to.equal(true);
          }
        }
      });
    }

    it("decodes restart intervals wherever the file falls into chunks", async () => {
      const grey = { width: 512, height: 512, components: [{ h: 1, v: 1, sample: pattern(0) }], step: 4 };
      const plain = await jpeg.decode(writeJpeg(grey));
      const restarted = writeJpeg({ ...grey, restartInterval: 1 });
      const marker = restarted.indexOf(Buffer.from([0xff, 0xd0]));
      expect(restarted.length - marker).to.be.above(32 * 1024);
      // Fill bytes before a marker mean nothing, but shift the following data within the chunks.
      for (let shift = 0; shift < 12; shift++) {
        const parts = [restarted.subarray(0, marker), Buffer.alloc(shift, 0xff), restarted.subarray(marker)];
        expect((await jpeg.decode(Buffer.concat(parts))).data.equals(plain.data), `${shift} bytes`).to.equal(true);
      }
    });

    it("copies a file once, however many restart markers it has", () => {
      const components = [0, 1, 2].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
      for (const layout of ["interleaved", "progressive"] as const) {
        const file = writeJpeg({ width: 128, height: 128, components, layout, restartInterval: 1 });
        let copied = 0;
        const plain = file.subarray.bind(file);
        file.subarray = (from = 0, to = file.length) => {
          copied += to - from;
          return plain(from, to);
        };
        decodeJpeg(openEngine(kind), file, { left: 0, top: 0, width: 128, height: 128 }, 1);
        // Besides the data, segments and tables are read.
        expect(copied, layout).to.be.within(file.length / 2, file.length * 2);
      }
    });

    it("decodes detail at full size to the last grey level, as jpeg-js and libjpeg do", async () => {
      const file = await sharp(realPhoto(2))
        .resize(317, 211)
        .jpeg({ quality: 92, chromaSubsampling: "4:4:4" })
        .toBuffer();
      const ours = rgbOf(await jpeg.decode(file));
      const theirs = rgbOf(jpegJs.decode(file, { useTArray: true }));
      expect(compare(ours, theirs)).to.satisfy(({ mean, most }: ReturnType<typeof compare>) => mean < 0.6 && most <= 5);
      expect(compare(ours, await independentRgb(file)).most).to.be.at.most(3);
    });

    it("decodes progressive photos exactly as the same photo in one scan", async () => {
      const baseline = await sharp(realPhoto(3)).resize(400, 300).jpeg({ quality: 85 }).toBuffer();
      const image = await sharp(baseline).raw().toBuffer({ resolveWithObject: true });
      const raw = { raw: { width: 400, height: 300, channels: 3 as const } };
      for (const chromaSubsampling of ["4:2:0", "4:4:4"]) {
        const one = await sharp(image.data, raw).jpeg({ quality: 85, chromaSubsampling }).toBuffer();
        const many = await sharp(image.data, raw)
          .jpeg({ quality: 85, chromaSubsampling, progressive: true })
          .toBuffer();
        for (const [width, height] of [
          [400, 300],
          [150, 112],
          [80, 60],
          [40, 30],
        ] as const) {
          const [a, b] = await Promise.all([one, many].map((file) => jpeg.decode(file, { width, height })));
          expect(a?.data.equals(b?.data ?? Buffer.alloc(0))).to.equal(true);
        }
      }
    });

    it("refuses units of more than 10 blocks, as libjpeg does, but not so many in scans of one component", async () => {
      for (const [blocks, factors] of Object.entries({
        10: ["4×2", "1×1", "1×1"],
        11: ["4×2", "2×1", "1×1"],
        12: ["2×2", "2×2", "2×2"],
      })) {
        const components = factors.map((factor, channel) => {
          const [h = 1, v = 1] = factor.split("×").map(Number);
          return { h, v, sample: smooth(channel) };
        });
        for (const layout of ["interleaved", "separate", "progressive"] as const) {
          const file = writeJpeg({ width: 117, height: 93, components, layout });
          const isAllowed = Number(blocks) <= 10 || layout === "separate";
          const label = `${blocks} blocks, ${layout}`;
          expect(await nameOfError(jpeg.decode(file)), label).to.equal(isAllowed ? "no error" : "FILE_CORRUPT");
          const theirs = await nameOfError(sharp(file).raw().toBuffer());
          expect(theirs === "no error", `libjpeg, ${label}`).to.equal(isAllowed);
        }
      }
    });

    it("decodes grey photos, also with sampling factors other than 1", async () => {
      for (const [h, v] of [
        [1, 1],
        [2, 2],
      ] as const) {
        const file = writeJpeg({ width: 61, height: 45, components: [{ h, v, sample: pattern(0) }] });
        expect(compare(rgbOf(await jpeg.decode(file)), await independentRgb(file)).most).to.be.at.most(2);
      }
    });

    it("takes components as red, green and blue when Adobe's segment or their names say so", async () => {
      const components = [0, 1, 2].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
      for (const how of [{ adobe: 0 }, { ids: [0x52, 0x47, 0x42] }]) {
        const file = writeJpeg({ width: 50, height: 40, components, ...how });
        expect(compare(rgbOf(await jpeg.decode(file)), await independentRgb(file)).most).to.be.at.most(2);
      }
    });

    it("believes JFIF's segment rather than Adobe's, as libjpeg does", async () => {
      const components = [0, 1, 2].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
      for (const adobe of [0, 1]) {
        const bare = writeJpeg({ width: 50, height: 40, components, adobe });
        const jfif = Buffer.from("ffe000104a46494600010100000100010000", "hex");
        const file = Buffer.concat([bare.subarray(0, 2), jfif, bare.subarray(2)]);
        expect(compare(rgbOf(await jpeg.decode(file)), await independentRgb(file)).most).to.be.at.most(3);
      }
    });

    it("decodes CMYK and YCCK, light where there is no ink", async () => {
      const components = [0, 1, 2, 1].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
      for (const adobe of [undefined, 0, 2]) {
        const file = writeJpeg({ width: 50, height: 40, components, ...(adobe === undefined ? {} : { adobe }) });
        const inks = await sharp(file)
          .raw({ depth: "uchar" })
          .pipelineColourspace("cmyk")
          .toColourspace("cmyk")
          .toBuffer();
        // libvips returns inks, 255 the most, whoever wrote the file.
        const expected = Buffer.from(
          Array.from({ length: 50 * 40 * 3 }, (_, at) => {
            const pixel = Math.floor(at / 3) * 4;
            return Math.round(((255 - (inks[pixel + (at % 3)] ?? 0)) * (255 - (inks[pixel + 3] ?? 0))) / 255);
          }),
        );
        expect(compare(rgbOf(await jpeg.decode(file)), expected).most, `Adobe ${adobe}`).to.be.at.most(3);
      }
    });

    it("decodes any region at full size as it is in the whole photo", async () => {
      const file = await sharp(realPhoto(4)).resize(300, 220).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer();
      const whole = await independentRgb(file);
      const regions: readonly Region[] = [
        { left: 0, top: 0, width: 1, height: 1 },
        { left: 299, top: 219, width: 1, height: 1 },
        { left: 13, top: 7, width: 90, height: 33 },
        { left: 200, top: 100, width: 100, height: 120 },
      ];
      for (const region of regions) {
        const { left, top, width, height } = region;
        const expected = Buffer.concat(
          Array.from({ length: height }, (_, y) => {
            const from = ((top + y) * 300 + left) * 3;
            return whole.subarray(from, from + width * 3);
          }),
        );
        expect(compare(rgbOf(await jpeg.decode(file, { region })), expected).most).to.be.at.most(3);
      }
    });
  });
}
