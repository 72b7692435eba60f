import { expect } from "chai";
import type { EraseReceipt } from "../../handlers/erase-student/handler";
import type { ReconcileReport } from "../../handlers/reconcile/findings";
import { scriptedEngine, scriptFaces } from "../../local/faces/scripted-engine";
import type { ProgramGraph } from "../../local/program/graph";
import { portrait } from "../photos";
import { startPipeline, type Pipeline } from "./harness";

/** The program with an erasure that waits for uploads on their way for 3 s, in place of the longest time of a function. */
function settlingAtOnce(graph: ProgramGraph): ProgramGraph {
  const text = JSON.stringify(graph);
  const changed = text.replaceAll('"SETTLE_SECONDS":"65"', '"SETTLE_SECONDS":"3"');
  if (changed === text) throw new Error("The program sets no SETTLE_SECONDS of 65.");
  return JSON.parse(changed) as ProgramGraph;
}

describe("The operator's functions", function () {
  this.timeout(60_000);
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      retryScale: 0.001,
      waitScale: 0.001,
      change: settlingAtOnce,
    });
  });
  after(() => pipeline.close());

  const reconcile = (input: object = {}) =>
    pipeline.invoke<ReconcileReport>(pipeline.names.reconcileFunctionName, input);
  const kinds = ({ findings }: ReconcileReport) => findings.map(({ kind }) => kind).sort();
  const faces = async () =>
    (await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId })).Faces ?? [];

  /** Finds exactly this, leaves it, mends it, and then finds nothing. */
  async function mends(...expected: string[]): Promise<void> {
    expect(kinds(await reconcile())).to.deep.equal([...expected].sort());
    const mended = await reconcile({ fix: true });
    expect(mended.findings.map(({ kind, fixed, problem }) => [kind, fixed, problem])).to.deep.equal(
      mended.findings.map(({ kind }) => [kind, true, undefined]),
    );
    await pipeline.cloud.idle();
    expect(kinds(await reconcile())).to.deep.equal([]);
  }

  describe("Reconcile", () => {
    before(async () => {
      for (const [student, person] of [
        ["SV1", "ann"],
        ["SV2", "bea"],
      ] as const) {
        expect((await pipeline.process(`uploads/${student}/a.jpg`, photo(person))).status).to.equal("accepted");
      }
    });

    it("finds nothing on a pipeline that is well", async () => {
      const report = await reconcile({ searchFaces: true });
      expect(report.findings).to.deep.equal([]);
      expect(report.compared).to.deep.equal({ avatars: 2, uploads: 2, faces: 2, thumbnails: 6, originals: 0 });
    });

    it("removes a face and thumbnails that nobody holds, and no others", async () => {
      const uploadId = "01KJKB40RG1850M2GA1850M2GA";
      const key = `avatars/SV9/${uploadId}/64.jpg`;
      await pipeline.upload(key, photo("cat"));
      await pipeline.rekognition.indexFaces({
        CollectionId: pipeline.names.faceCollectionId,
        Image: { S3Object: { Bucket: pipeline.names.photoBucket, Name: key } },
        ExternalImageId: `SV9:${uploadId}`,
      });
      await mends("face-left-over", "thumbnails-left-over");
      expect(await faces()).to.have.length(2);
      expect(await pipeline.keys("avatars/", true)).to.have.length(6);
    });

    it("leaves a face alone that this pipeline did not name", async () => {
      const key = "other/somebody.jpg";
      await pipeline.upload(key, photo("dan"));
      const { FaceRecords = [] } = await pipeline.rekognition.indexFaces({
        CollectionId: pipeline.names.faceCollectionId,
        Image: { S3Object: { Bucket: pipeline.names.photoBucket, Name: key } },
        ExternalImageId: "made-by-hand",
      });
      expect(kinds(await reconcile({ fix: true }))).to.deep.equal([]);
      const FaceIds = FaceRecords.map(({ Face }) => Face?.FaceId ?? "");
      await pipeline.rekognition.deleteFaces({ CollectionId: pipeline.names.faceCollectionId, FaceIds });
    });

    it("puts a lost face back from the largest thumbnail", async () => {
      const [avatar] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV1");
      await pipeline.rekognition.deleteFaces({
        CollectionId: pipeline.names.faceCollectionId,
        FaceIds: [avatar?.faceId ?? ""],
      });
      // To the scripted engine a thumbnail shows nobody: what the network sees on it is given by hand.
      await pipeline.upload(avatar?.thumbnails["512"] ?? "", photo("ann"));
      expect(kinds(await reconcile())).to.deep.equal(["face-missing"]);
      await reconcile({ fix: true });
      expect(kinds(await reconcile())).to.deep.equal([]);
      const upload = await pipeline.process("uploads/SV3/a.jpg", photo("ann"));
      expect(upload.reason).to.equal("DUPLICATE_FACE");
    });

    it("reports a lost thumbnail, which only the student can bring back", async () => {
      const [avatar] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV2");
      const Key = avatar?.thumbnails["64"] ?? "";
      await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key });
      const report = await reconcile({ fix: true });
      expect(report.findings.map(({ kind, subject, fixed }) => [kind, subject, fixed])).to.deep.equal([
        ["thumbnail-missing", Key, false],
      ]);
      expect((await pipeline.process("uploads/SV2/b.jpg", photo("bea"))).status).to.equal("accepted");
      expect(kinds(await reconcile())).to.deep.equal([]);
    });

    it("deletes the original of an upload that has ended", async () => {
      // A key that the flow leaves alone, with the row of an upload that was accepted.
      const key = "uploads/SV4/kept/";
      const versionId = await pipeline.upload(key, photo("eve"));
      await pipeline.cloud.idle();
      await pipeline.dynamodb.putItem({
        TableName: pipeline.names.uploadTable,
        Item: {
          upload_id: { S: "01KJKB40RG1850M2GA1850M2GD" },
          student_id: { S: "SV4" },
          status: { S: "accepted" },
          object_key: { S: key },
          version_id: { S: versionId },
        },
      });
      await mends("original-left-over");
      expect(await pipeline.keys("uploads/", true)).to.deep.equal([]);
    });

    it("closes an upload whose execution ended without a word", async () => {
      const uploadId = "01KJKB40RG1850M2GA1850M2GB";
      const key = `uploads/SV5/${uploadId}.jpg`;
      await pipeline.dynamodb.putItem({
        TableName: pipeline.names.uploadTable,
        Item: {
          upload_id: { S: uploadId },
          student_id: { S: "SV5" },
          status: { S: "processing" },
          object_key: { S: key },
          version_id: { S: "gone" },
          step: { S: "DetectFace" },
          steps: { M: {} },
          execution_arn: { S: `${pipeline.names.stateMachineArn.replace(":stateMachine:", ":execution:")}:forgotten` },
        },
      });
      await mends("upload-interrupted");
      const row = (await pipeline.uploads()).find((each) => each.uploadId === uploadId);
      expect(row).to.include({ status: "failed", step: "DetectFace", reason: "INTERNAL" });
      const told = (await pipeline.notices()).filter((notice) => notice.uploadId === uploadId);
      expect(told.map(({ type }) => type)).to.deep.equal(["avatar.failed"]);
    });

    it("finds two students with one face, and leaves the decision to a person", async () => {
      const [avatar] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV1");
      const uploadId = "01ZZZZZZZZ1850M2GA1850M2GC";
      const key = `avatars/SV7/${uploadId}/64.jpg`;
      await pipeline.upload(key, photo("ann"));
      const { FaceRecords = [] } = await pipeline.rekognition.indexFaces({
        CollectionId: pipeline.names.faceCollectionId,
        Image: { S3Object: { Bucket: pipeline.names.photoBucket, Name: key } },
        ExternalImageId: `SV7:${uploadId}`,
      });
      await pipeline.dynamodb.putItem({
        TableName: pipeline.names.avatarTable,
        Item: {
          student_id: { S: "SV7" },
          upload_id: { S: uploadId },
          face_id: { S: FaceRecords[0]?.Face?.FaceId ?? "" },
          thumbnails: { M: { "64": { S: key } } },
        },
      });
      expect(kinds(await reconcile({ fix: true }))).to.deep.equal([]);
      const report = await reconcile({ fix: true, searchFaces: true });
      expect(
        report.findings.map(({ kind, studentId, subject, fixed }) => [kind, studentId, subject, fixed]),
      ).to.deep.equal([["faces-match", "SV7", avatar?.studentId, false]]);
    });
  });

  describe("EraseStudent", () => {
    const erase = (studentId: unknown) =>
      pipeline.invoke<EraseReceipt>(pipeline.names.eraseStudentFunctionName, { studentId });

    it("erases all of a student, and nothing of anybody else", async () => {
      await pipeline.process("uploads/SV8/a.jpg", photo("gus"));
      await pipeline.process("uploads/SV88/a.jpg", photo("hal"));
      await pipeline.process("uploads/SV8/no.jpg", Buffer.from("no photo"));
      const receipt = await erase("SV8");
      expect(receipt).to.deep.include({
        studentId: "SV8",
        faces: 1,
        thumbnails: 3,
        originals: 0,
        uploadRows: 2,
        avatarRows: 1,
      });
      expect((await faces()).filter(({ ExternalImageId = "" }) => ExternalImageId.startsWith("SV8:"))).to.have.length(
        0,
      );
      expect(await pipeline.keys("avatars/SV8/", true)).to.deep.equal([]);
      expect((await pipeline.uploads()).filter(({ studentId }) => studentId === "SV8")).to.deep.equal([]);
      expect((await pipeline.avatars()).filter(({ studentId }) => studentId === "SV88")).to.have.length(1);
      expect(await pipeline.keys("avatars/SV88/")).to.have.length(3);
      // Their face is free again.
      expect((await pipeline.process("uploads/SV9/a.jpg", photo("gus"))).status).to.equal("accepted");
    });

    it("leaves nothing of uploads that were on their way, wherever they were", async () => {
      for (const wait of [30, 120, 250, 400]) {
        await pipeline.upload("uploads/SV10/a.jpg", photo("ian"));
        await new Promise((resolve) => setTimeout(resolve, wait));
        await erase("SV10");
        await pipeline.cloud.idle();
        const held = [
          ...(await faces()).filter(({ ExternalImageId = "" }) => ExternalImageId.startsWith("SV10:")),
          ...(await pipeline.keys("avatars/SV10/", true)),
          ...(await pipeline.keys("uploads/SV10/", true)),
          ...(await pipeline.avatars()).filter(({ studentId }) => studentId === "SV10"),
          ...(await pipeline.uploads()).filter(({ studentId }) => studentId === "SV10"),
        ];
        expect(held, `erased after ${wait} ms`).to.deep.equal([]);
      }
    });

    it("gives a receipt of zeros for a student of whom nothing is held", async () => {
      expect(await erase("nobody")).to.deep.include({
        faces: 0,
        thumbnails: 0,
        originals: 0,
        uploadRows: 0,
        avatarRows: 0,
      });
    });

    for (const bad of ["", "..", "a/b", "SV*", 7, null]) {
      it(`refuses ${JSON.stringify(bad)} and names the rule`, async () => {
        let message = "";
        await erase(bad).catch((error: Error) => (message = error.message));
        expect(message).to.include("InvalidStudentId").and.include("1 to 64 of A-Z a-z 0-9");
      });
    }
  });
});
