import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaceMatch } from "@aws-sdk/client-rekognition";
import { expect } from "chai";
import type { FaceEngine } from "../../../../../packages/local-cloud/services/rekognition/faces/engine";
import { networkEngine } from "../../../../../packages/local-cloud/services/rekognition/faces/network-engine";
import * as photos from "../../../../support/portraits";
import { failureOf } from "../../../../support/errors";
import { bucket, collection, startRekognition, type TestRekognition } from "./harness";

/** Everything real at once: the SDK, S3, the collection's file and the networks. */
describe("local Rekognition on real faces", () => {
  let storage: string;
  let engine: FaceEngine;
  let cloud: TestRekognition;

  before(async () => {
    storage = mkdtempSync(join(tmpdir(), "real-faces-"));
    engine = networkEngine();
    cloud = await startRekognition({ engine, storage });
  });

  after(async () => {
    await cloud.stop();
    await engine.close();
    rmSync(storage, { recursive: true, force: true });
  });

  const stored = async (key: string, photo: Buffer) => {
    await cloud.s3.putObject(bucket, key, photo);
    return { S3Object: { Bucket: bucket, Name: key } };
  };
  const owners = (matches: readonly FaceMatch[] = []) => matches.map(({ Face: face }) => face?.ExternalImageId);

  it("knows each student again, and only the student, before and after a restart", async () => {
    for (const person of ["A", "C"] as const) {
      const { FaceRecords: records } = await cloud.client().indexFaces({
        CollectionId: collection,
        Image: await stored(`uploads/${person}/1.jpg`, await photos.portrait(person)),
        ExternalImageId: `${person}:1`,
        MaxFaces: 1,
        QualityFilter: "AUTO",
      });
      expect(records).to.have.length(1);
    }
    const search = async (photo: Buffer) => {
      const { FaceMatches: matches } = await cloud.client().searchFacesByImage({
        CollectionId: collection,
        Image: { Bytes: photo },
        FaceMatchThreshold: 95,
      });
      return owners(matches);
    };
    const again = await photos.portrait("A", { mirrored: true, recrop: true, rotatedExif: 8, quality: 60 });
    expect(await search(again)).to.deep.equal(["A:1"]);
    expect(await search(await photos.portrait("B"))).to.deep.equal([]);
    await cloud.stop();
    cloud = await startRekognition({ engine, storage });
    expect(await search(again)).to.deep.equal(["A:1"]);
    const { FaceCount: count } = await cloud.client().describeCollection({ CollectionId: collection });
    expect(count).to.equal(2);
  });

  it("compares faces by their ids as it does by image", async () => {
    const client = cloud.client();
    const { FaceRecords: records } = await client.indexFaces({
      CollectionId: collection,
      Image: { Bytes: await photos.portrait("C", { mirrored: true }) },
      ExternalImageId: "C:2",
    });
    const { FaceMatches: matches } = await client.searchFaces({
      CollectionId: collection,
      FaceId: records?.[0]?.Face?.FaceId,
      FaceMatchThreshold: 95,
    });
    expect(owners(matches)).to.deep.equal(["C:1"]);
  });

  it("searches for the largest face where several are", async () => {
    const { FaceMatches: matches, SearchedFaceBoundingBox: box } = await cloud.client().searchFacesByImage({
      CollectionId: collection,
      Image: { Bytes: await photos.couple("A", "D") },
    });
    // Each has a half of the picture; A is the larger face by a little.
    const left = (box?.Left ?? 0) < 0.5;
    expect(owners(matches)).to.deep.equal(left ? ["A:1"] : []);
  });

  it("judges faces on Rekognition's scales", async () => {
    const { FaceDetails: faces } = await cloud.client().detectFaces({
      Image: await stored("uploads/A/glasses.jpg", await photos.sunglasses("A")),
      Attributes: ["ALL"],
    });
    const [face] = faces ?? [];
    expect(face?.Confidence).to.be.within(99, 100);
    expect(face?.Sunglasses?.Value).to.equal(true);
    expect(face?.Landmarks).to.have.length(30);
    expect(face?.Quality?.Sharpness).to.be.within(60, 100);
  });

  it("refuses a search for a face where none is, and a file that ends early", async () => {
    const search = (photo: Buffer) =>
      cloud.client().searchFacesByImage({ CollectionId: collection, Image: { Bytes: photo } });
    expect((await failureOf(search(await photos.noFace()))).name).to.equal("InvalidParameterException");
    expect((await failureOf(search(await photos.truncated()))).name).to.equal("InvalidImageFormatException");
  });
});
