import { expect } from "chai";
import { scriptedEngine } from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { failureOf } from "../../../../support/errors";
import { collection, startRekognition } from "./harness";
import { box, describeRekognition } from "./scripted";

describeRekognition("local Rekognition: searches", (world) => {
  it("finds the same person by image, the most alike first, and nobody else", async () => {
    const { rekognition, photoOf, index } = world();
    await Promise.all(["An", "Binh", "Chi"].map((person) => index(person)));
    await index("An", "an:2");
    const answer = await rekognition.searchFacesByImage({
      CollectionId: collection,
      Image: photoOf({ person: "An", box: box(0.1, 0.3) }),
      FaceMatchThreshold: 95,
    });
    const owners = answer.FaceMatches?.map(({ Face: face }) => face?.ExternalImageId);
    expect(owners).to.have.members(["An", "an:2"]);
    expect(answer.FaceMatches?.every(({ Similarity: similarity = 0 }) => similarity >= 99)).to.equal(true);
    expect(answer.SearchedFaceBoundingBox?.Width).to.equal(0.3);
    expect(answer.SearchedFaceConfidence).to.be.within(99, 100);
  });

  it("searches for the largest face of several", async () => {
    const { rekognition, photoOf, index } = world();
    await Promise.all(["An", "Binh"].map((person) => index(person)));
    const { FaceMatches: matches } = await rekognition.searchFacesByImage({
      CollectionId: collection,
      Image: photoOf({ person: "An", box: box(0, 0.2) }, { person: "Binh", box: box(0.3, 0.5) }),
    });
    expect(matches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["Binh"]);
  });

  it("refuses an image without a face", async () => {
    const { rekognition, picture } = world();
    const answer = rekognition.searchFacesByImage({ CollectionId: collection, Image: { Bytes: picture } });
    expect(await failureOf(answer)).to.deep.equal({
      name: "InvalidParameterException",
      status: 400,
      message: "There are no faces in the image. Should be at least 1.",
    });
  });

  it("finds the others of a face by its id, never the face itself", async () => {
    const { rekognition, index } = world();
    const own = (await index("An", "an:1")).FaceRecords?.[0]?.Face?.FaceId ?? "";
    await index("An", "an:2");
    await index("Binh");
    const search = (settings: object) =>
      rekognition.searchFaces({ CollectionId: collection, FaceId: own, ...settings });
    const { FaceMatches: matches, SearchedFaceId: searched } = await search({});
    expect(searched).to.equal(own);
    expect(matches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["an:2"]);
    const all = await search({ FaceMatchThreshold: 0 });
    expect(all.FaceMatches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["an:2", "Binh"]);
    expect((await search({ FaceMatchThreshold: 0, MaxFaces: 1 })).FaceMatches).to.have.length(1);
  });

  it("refuses a face id that is not in the collection", async () => {
    const { rekognition } = world();
    const unknown = "11111111-2222-3333-4444-555555555555";
    const { name, message } = await failureOf(rekognition.searchFaces({ CollectionId: collection, FaceId: unknown }));
    expect({ name, message }).to.deep.equal({
      name: "InvalidParameterException",
      message: "faceId was not found in the collection.",
    });
  });

  it("refuses limits outside their ranges", async () => {
    const { rekognition } = world();
    const FaceId = "11111111-2222-3333-4444-555555555555";
    for (const wrong of [
      { FaceMatchThreshold: 101 },
      { FaceMatchThreshold: -1 },
      { MaxFaces: 0 },
      { MaxFaces: 4097 },
    ]) {
      const answer = rekognition.searchFaces({ CollectionId: collection, FaceId, ...wrong });
      expect((await failureOf(answer)).name, JSON.stringify(wrong)).to.equal("ValidationException");
    }
  });

  it("neither knows nor finds faces that are younger than the lag it is given", async () => {
    const { photoOf } = world();
    const slow = await startRekognition({
      engine: scriptedEngine(),
      searchLag: (operation) => (operation === "SearchFaces" ? 60_000 : 0),
    });
    try {
      const client = slow.client();
      const add = async (id: string) => {
        const Image = photoOf({ person: "An" });
        return (await client.indexFaces({ CollectionId: collection, Image, ExternalImageId: id })).FaceRecords?.[0]
          ?.Face;
      };
      const own = await add("an:1");
      await add("an:2");
      const byId = await failureOf(client.searchFaces({ CollectionId: collection, FaceId: own?.FaceId }));
      const byImage = await client.searchFacesByImage({ CollectionId: collection, Image: photoOf({ person: "An" }) });
      expect(byId).to.include({
        name: "InvalidParameterException",
        message: "faceId was not found in the collection.",
      });
      expect(byImage.FaceMatches).to.have.length(2);
    } finally {
      await slow.stop();
    }
  });
});
