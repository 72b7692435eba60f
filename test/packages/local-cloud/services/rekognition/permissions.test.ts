import { expect } from "chai";
import { failureOf } from "../../../../support/errors";
import { collection } from "./harness";
import { describeRekognition } from "./scripted";

describeRekognition("local Rekognition: what may be called", (world) => {
  it("lets a role do what its policy allows, on the collection that it names", async () => {
    const { cloud, photoOf } = world();
    const indexer = cloud.client("indexer");
    const image = photoOf({ person: "An" });
    const { FaceRecords: records } = await indexer.indexFaces({ CollectionId: collection, Image: image });
    expect(records).to.have.length(1);
    const elsewhere = indexer.indexFaces({ CollectionId: "alumni", Image: image });
    expect((await failureOf(elsewhere)).name).to.equal("AccessDeniedException");
  });

  it("refuses every operation without its grant, naming caller, action and resource", async () => {
    const { cloud, photoOf } = world();
    const nobody = cloud.client("nobody");
    const Image = photoOf({ person: "An" });
    const CollectionId = collection;
    const FaceId = "11111111-2222-3333-4444-555555555555";
    const answers: Record<string, Promise<unknown>> = {
      DetectFaces: nobody.detectFaces({ Image }),
      IndexFaces: nobody.indexFaces({ CollectionId, Image }),
      SearchFacesByImage: nobody.searchFacesByImage({ CollectionId, Image }),
      SearchFaces: nobody.searchFaces({ CollectionId, FaceId }),
      ListFaces: nobody.listFaces({ CollectionId }),
      DeleteFaces: nobody.deleteFaces({ CollectionId, FaceIds: [FaceId] }),
      DescribeCollection: nobody.describeCollection({ CollectionId }),
      CreateCollection: nobody.createCollection({ CollectionId }),
      DeleteCollection: nobody.deleteCollection({ CollectionId }),
      ListCollections: nobody.listCollections({}),
    };
    for (const [operation, answer] of Object.entries(answers)) {
      const { name, status, message } = await failureOf(answer);
      expect({ name, status }, operation).to.deep.equal({ name: "AccessDeniedException", status: 400 });
      expect(message).to.contain(`rekognition:${operation}`);
      expect(message).to.contain("nobody");
    }
  });

  it("answers what it does not serve with the operation's name", async () => {
    const { rekognition, picture } = world();
    const { name, status, message } = await failureOf(rekognition.detectLabels({ Image: { Bytes: picture } }));
    expect({ name, status }).to.deep.equal({ name: "NotImplemented", status: 501 });
    expect(message).to.contain("DetectLabels");
  });
});
