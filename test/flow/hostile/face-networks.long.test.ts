import { expect } from "chai";
import { networkEngine } from "../../../packages/local-cloud/services/rekognition/faces/network-engine";
import { portrait } from "../../support/portraits";
import { startPipeline, type Pipeline } from "../../support/with-cloud";
import { deflatedZeros, manyScans, mutate, png, randomFrom, withSize } from "./files";
import { endingOf } from "./harness";

const megabyte = 1024 * 1024;
/** 49 million pixels, just below the limit of 50. */
const side = 7000;

describe("Hostile photos before the face networks", () => {
  let pipeline: Pipeline;
  const engine = networkEngine();
  before(async () => {
    pipeline = await startPipeline({ engine, retryScale: 0.05, waitScale: 0.01 });
  });
  after(async () => {
    await pipeline.close();
    await engine.close();
  });

  it("are refused as photos, and the next one is accepted", async () => {
    const jpeg = await portrait("A", { width: 320 });
    const files: Record<string, Buffer> = {
      "pixels.png": png({ width: side, height: side, depth: 16, type: 6 }),
      "interlaced.png": png({ width: side, height: side, interlaced: true }),
      "high.png": png({ width: 160, height: 312_500 }),
      "wide.png": png({ width: 312_500, height: 160 }),
      "early.png": png({ width: side, height: side, data: deflatedZeros(megabyte) }),
      "scans.jpg": manyScans(side, side, 64),
      "header.jpg": withSize(jpeg, side, side),
      "strip.jpg": withSize(jpeg, 65_500, 760),
    };
    const random = randomFrom(7);
    for (let n = 0; n < 8; n++) files[`damaged${n}.jpg`] = mutate(jpeg, random);
    for (const [name, file] of Object.entries(files)) await pipeline.upload(`uploads/SV001/${name}`, file);
    await pipeline.cloud.idle();
    const rows = await pipeline.uploads();
    const endings = rows.map((row) => `${row.objectKey}: ${endingOf(row)}`);
    expect(endings.length).to.equal(Object.keys(files).length);
    expect(endings.filter((ending) => / (failed|processing)/.test(ending))).to.deep.equal([]);
    const accepted = await pipeline.process("uploads/SV002/b.jpg", await portrait("B"));
    expect(endingOf(accepted)).to.equal("accepted");
  });
});
