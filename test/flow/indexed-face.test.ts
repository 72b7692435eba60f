import { expect } from "chai";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { startPipeline } from "../support/with-cloud";

describe("A photo of which Rekognition would index another face than the judged one", () => {
  it("is refused, leaves no face, and locks out neither of the two", async () => {
    const pipeline = await startPipeline({ engine: scriptedEngine(), retryScale: 0.001, waitScale: 0.001 });
    try {
      const bytes = await portrait("A", { width: 480 });
      const of = (person: string) => scriptFaces(bytes, [{ person }]);
      // Too doubtful to be a second person to DetectFace; but better in quality than the face that it judged.
      const poster = {
        person: "face on the poster",
        box: { left: 0.8, top: 0.1, width: 0.15, height: 0.2 },
        confidence: 85,
        quality: { brightness: 80, sharpness: 99 },
      };
      const student = { person: "student", quality: { brightness: 60, sharpness: 60 } };
      const refused = await pipeline.process("uploads/SV001/a.jpg", scriptFaces(bytes, [student, poster]));
      expect(refused).to.include({ status: "rejected", reason: "MULTIPLE_FACES", step: "IndexFace" });
      const CollectionId = pipeline.names.faceCollectionId;
      expect((await pipeline.rekognition.listFaces({ CollectionId })).Faces).to.deep.equal([]);
      expect(await pipeline.keys("avatars/", true)).to.deep.equal([]);
      const statusOf = async (key: string, person: string) => (await pipeline.process(key, of(person))).status;
      expect(await statusOf("uploads/SV001/b.jpg", "student")).to.equal("accepted");
      expect(await statusOf("uploads/SV002/a.jpg", "face on the poster")).to.equal("accepted");
    } finally {
      await pipeline.close();
    }
  });
});
