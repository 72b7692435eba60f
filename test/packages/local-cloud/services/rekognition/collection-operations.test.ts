import { expect } from "chai";
import { failureOf } from "../../../../support/errors";
import { collection, collectionArn } from "./harness";
import { describeRekognition } from "./scripted";

describeRekognition("local Rekognition: collections", (world) => {
  it("has the declared ones, makes and removes others", async () => {
    const { rekognition } = world();
    const made = await rekognition.createCollection({ CollectionId: "alumni" });
    expect(made.CollectionArn).to.equal(collectionArn.replace(collection, "alumni"));
    expect((await rekognition.listCollections({})).CollectionIds).to.deep.equal(["alumni", collection]);
    const again = rekognition.createCollection({ CollectionId: "alumni" });
    expect((await failureOf(again)).name).to.equal("ResourceAlreadyExistsException");
    await rekognition.deleteCollection({ CollectionId: "alumni" });
    const gone = rekognition.describeCollection({ CollectionId: "alumni" });
    expect((await failureOf(gone)).name).to.equal("ResourceNotFoundException");
  });

  it("describes a collection", async () => {
    const { rekognition, index } = world();
    await index("An");
    const described = await rekognition.describeCollection({ CollectionId: collection });
    expect(described.FaceCount).to.equal(1);
    expect(described.CollectionARN).to.equal(collectionArn);
    expect(described.CreationTimestamp).to.be.an.instanceOf(Date);
  });

  it("lists page by page", async () => {
    const { rekognition } = world();
    await rekognition.createCollection({ CollectionId: "alumni" });
    const first = await rekognition.listCollections({ MaxResults: 1 });
    const second = await rekognition.listCollections({ MaxResults: 1, NextToken: first.NextToken });
    expect([first.CollectionIds, second.CollectionIds]).to.deep.equal([["alumni"], [collection]]);
    expect(second.NextToken).to.equal(undefined);
  });

  it("refuses by name what would have no effect here, and an empty list of faces", async () => {
    const { rekognition } = world();
    const byUser = await failureOf(rekognition.listFaces({ CollectionId: collection, UserId: "an" }));
    expect(byUser.message).to.equal("The local cloud's rekognition does not serve ListFaces with UserId.");
    const none = await failureOf(rekognition.listFaces({ CollectionId: collection, FaceIds: [] }));
    expect(none.name).to.equal("ValidationException");
  });

  it("answers every operation on an unknown one with its name", async () => {
    const { rekognition, photoOf } = world();
    const CollectionId = "nowhere";
    const Image = photoOf({ person: "An" });
    const FaceId = "11111111-2222-3333-4444-555555555555";
    const answers = [
      rekognition.indexFaces({ CollectionId, Image }),
      rekognition.searchFacesByImage({ CollectionId, Image }),
      rekognition.searchFaces({ CollectionId, FaceId }),
      rekognition.listFaces({ CollectionId }),
      rekognition.deleteFaces({ CollectionId, FaceIds: [FaceId] }),
      rekognition.describeCollection({ CollectionId }),
      rekognition.deleteCollection({ CollectionId }),
    ];
    for (const answer of answers) {
      expect(await failureOf(answer)).to.deep.equal({
        name: "ResourceNotFoundException",
        status: 400,
        message: "The collection id: nowhere does not exist",
      });
    }
  });
});
