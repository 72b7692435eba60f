import { expect } from "chai";
import sharp from "sharp";

import {
  scriptedEngine,
  scriptFaces,
} from "../../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { similarityOf } from "../../../../../../packages/local-cloud/services/rekognition/faces/similarity";
import { noFace } from "../../../../../support/portraits";
import { nameOf } from "../../../../../support/errors";

const distance = (one: Float32Array, other: Float32Array) => Math.hypot(...one.map((value, i) => value - other[i]!));

describe("scripted face engine", () => {
  const engine = scriptedEngine();

  it("sees whom the photo names, the largest first, on JPEG and PNG alike", async () => {
    for (const format of ["jpeg", "png"] as const) {
      const photo = scriptFaces(await noFace({ format }), [
        { person: "An", box: { left: 0.1, top: 0.1, width: 0.1, height: 0.1 } },
        { person: "Bình", confidence: 91 },
      ]);
      const faces = await engine.detect(photo);
      expect(faces.map(({ confidence }) => confidence)).to.deep.equal([91, 99.99]);
      // To everybody else the photo is unchanged.
      expect(await sharp(photo).metadata()).to.include({ format, width: 640, height: 480 });
    }
  });

  it("sees nobody on a photo without a script", async () => {
    expect(await engine.detect(await noFace())).to.deep.equal([]);
  });

  it("knows a person again over 99, and no two of a thousand apart over 1", async () => {
    const picture = await noFace({ width: 100 });
    const embeddings = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const [face] = await engine.detect(scriptFaces(picture, [{ person: `student-${i}` }]));
        return face!.embedding();
      }),
    );
    const [again] = await engine.detect(scriptFaces(picture, [{ person: "student-7" }]));
    expect(similarityOf(distance(await again!.embedding(), embeddings[7]!))).to.be.greaterThan(99);
    let nearest = Infinity;
    for (let i = 0; i < 1000; i++) {
      for (let j = 0; j < i; j += 7) nearest = Math.min(nearest, distance(embeddings[i]!, embeddings[j]!));
    }
    expect(similarityOf(nearest)).to.be.lessThan(1);
  });

  it("refuses what is no image, and a script that is no JSON", async () => {
    const failure = (photo: Buffer) => engine.detect(photo).catch(nameOf);
    expect(await failure(Buffer.from("no image"))).to.equal("UnreadableImage");
    expect(await failure(scriptFaces(await noFace(), []).subarray(0, -1))).to.equal("UnreadableImage");
  });
});
