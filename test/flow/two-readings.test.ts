import { expect } from "chai";
import sharp from "sharp";
import { networkEngine } from "../../packages/local-cloud/services/rekognition/faces/network-engine";
import type { FaceEngine } from "../../packages/local-cloud/services/rekognition/faces/engine";
import { portrait } from "../support/portraits";
import { startPipeline, type Pipeline } from "../support/with-cloud";

/** An engine whose decoder ignores transparency, profiles and orientations: nobody knows whether Rekognition's does. */
function careless(engine: FaceEngine): FaceEngine {
  return {
    ready: () => engine.ready(),
    detect: async (image) => engine.detect(await sharp(image, { ignoreIcc: true }).removeAlpha().png().toBuffer()),
    close: () => engine.close(),
  };
}

describe("A photo that shows one person to one decoder and another one to the next", () => {
  let pipeline: Pipeline;
  const engine = networkEngine();
  before(async () => {
    pipeline = await startPipeline({ engine: careless(engine) });
  });
  after(async () => {
    await pipeline.close();
    await engine.close();
  });

  /** Person A in the colours; laid on white by its alpha, person B. */
  async function twoFaced(): Promise<Buffer> {
    const raw = async (person: "A" | "B") =>
      sharp(await portrait(person))
        .resize(480, 600)
        .removeAlpha();
    const hidden = await (await raw("A")).linear(0.45, 0).raw().toBuffer();
    const wanted = await (await raw("B")).greyscale().linear(0.5, 127).raw().toBuffer();
    const data = Buffer.alloc(480 * 600 * 4);
    for (let pixel = 0; pixel < 480 * 600; pixel++) {
      const [red = 0, green = 0, blue = 0] = hidden.subarray(pixel * 3);
      const mean = (red + green + blue) / 3;
      data.set([red, green, blue], pixel * 4);
      // On white: 255 − alpha · (255 − mean) = wanted.
      data[pixel * 4 + 3] = Math.min(255, Math.round((255 * (255 - (wanted[pixel] ?? 0))) / (255 - mean)));
    }
    return sharp(data, { raw: { width: 480, height: 600, channels: 4 } })
      .png()
      .toBuffer();
  }

  async function similarityTo(person: "A" | "B", thumbnail: Uint8Array): Promise<number> {
    const { FaceMatches: matches = [] } = await pipeline.rekognition.searchFacesByImage({
      CollectionId: pipeline.names.faceCollectionId,
      Image: { Bytes: person === "A" ? await portrait("A") : thumbnail },
      FaceMatchThreshold: 0,
      QualityFilter: "NONE",
    });
    return matches[0]?.Similarity ?? 0;
  }

  it("is refused, or registered as the person in its thumbnails", async () => {
    const upload = await pipeline.process("uploads/SV001/two.png", await twoFaced());
    expect(upload.status).to.equal("accepted");
    const [avatar] = await pipeline.avatars();
    const { Body } = await pipeline.s3.getObject({
      Bucket: pipeline.names.photoBucket,
      Key: avatar?.thumbnails["512"] ?? "",
    });
    const thumbnail = (await Body?.transformToByteArray()) ?? new Uint8Array();
    expect(await similarityTo("B", thumbnail)).to.be.greaterThan(99);
    expect(await similarityTo("A", thumbnail)).to.be.lessThan(90);
  });
});
