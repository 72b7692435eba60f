import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matchOfUpload } from "../../handlers/stores/matches";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { replacing, startPipeline, withoutPauses, type Pipeline } from "../support/with-cloud";

describe("The match of a duplicate", () => {
  const faults = createFaultInjector();
  const data = mkdtempSync(join(tmpdir(), "matches-"));
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      data,
      retryScale: 0.001,
      waitScale: 0.001,
      change: (graph) => replacing(withoutPauses(graph), '"SETTLE_SECONDS":"65"', '"SETTLE_SECONDS":"1"'),
    });
  });
  after(async () => {
    await pipeline.close();
    rmSync(data, { recursive: true, force: true });
  });
  afterEach(() => faults.clear());

  const rowOf = async (student: string) => (await pipeline.uploads()).find(({ studentId }) => studentId === student);
  const matchOf = async (uploadId = "") =>
    (await matchOfUpload(pipeline.dynamodb, pipeline.names.uploadTable, uploadId))?.match;
  const erase = (studentId: string) => pipeline.invoke(pipeline.names.eraseStudentFunctionName, { studentId });

  it("is on the refused upload's row: the student, the upload and the similarity", async () => {
    const squatter = await pipeline.process("uploads/Squatter/a.jpg", photo("ann"));
    const refused = await pipeline.process("uploads/Ann/a.jpg", photo("ann"));
    expect(refused.reason).to.equal("DUPLICATE_FACE");
    expect(await matchOf(refused.uploadId)).to.deep.include({ studentId: "Squatter", uploadId: squatter.uploadId });
    expect((await matchOf(refused.uploadId))?.similarity).to.be.within(95, 100);
    expect(await matchOf(squatter.uploadId)).to.equal(undefined);
  });

  it("is in no answer to a student, no notice and no log", async () => {
    const { uploadId } = (await rowOf("Ann")) ?? {};
    const answer = await fetch(`${String(pipeline.cloud.graph.stackOutputs["apiUrl"])}/uploads/${uploadId}`);
    expect(answer.status).to.equal(200);
    expect(await answer.text())
      .to.include("DUPLICATE_FACE")
      .and.not.match(/Squatter|similarity/i);
    const notices = (await pipeline.notices()).filter((notice) => notice.uploadId === uploadId);
    expect(notices).to.have.length(1);
    expect(JSON.stringify(notices)).to.not.match(/Squatter/);
    const logs = readdirSync(join(data, "logs")).map((name) => readFileSync(join(data, "logs", name), "utf8"));
    expect(logs.join("\n")).to.include(uploadId).and.not.include("Squatter");
  });

  it("is recorded where two uploads at the same moment decide between themselves", async () => {
    faults.use({
      rules: [
        {
          service: "rekognition",
          operation: "SearchFacesByImage",
          fault: { kind: "staleSearch", milliseconds: 60_000 },
        },
        { service: "rekognition", operation: "SearchFaces", fault: { kind: "delay", milliseconds: 300 } },
      ],
    });
    await Promise.all(["SV4", "SV5"].map((student) => pipeline.upload(`uploads/${student}/a.jpg`, photo("cat"))));
    await pipeline.cloud.idle();
    const rows = (await pipeline.uploads()).filter(({ studentId }) => /^SV[45]$/.test(studentId));
    const [winner] = rows.filter(({ status }) => status === "accepted");
    const [loser] = rows.filter(({ status }) => status === "rejected");
    expect(await matchOf(loser?.uploadId)).to.deep.include({
      studentId: winner?.studentId,
      uploadId: winner?.uploadId,
    });
  });

  it("is recorded by the nightly comparison of a pair that a stale search let through", async () => {
    const first = await pipeline.process("uploads/SV6/a.jpg", photo("dan"));
    const second = await pipeline.process("uploads/SV7/a.jpg", photo("eve"));
    // As if no search had seen that both photos show dan.
    const { faceCollectionId: CollectionId, photoBucket: Bucket, avatarTable: TableName } = pipeline.names;
    const Name = `avatars/SV7/${second.uploadId}/dan.jpg`;
    await pipeline.upload(Name, photo("dan"));
    const { FaceRecords: [dan] = [] } = await pipeline.rekognition.indexFaces({
      CollectionId,
      Image: { S3Object: { Bucket, Name } },
      ExternalImageId: `SV7:${second.uploadId}`,
    });
    await pipeline.dynamodb.updateItem({
      TableName,
      Key: { student_id: { S: "SV7" } },
      UpdateExpression: "SET face_id = :dan",
      ExpressionAttributeValues: { ":dan": { S: dan?.Face?.FaceId ?? "" } },
    });
    await pipeline.invoke(pipeline.names.reconcileFunctionName, { searchNewFaces: true });
    expect(await matchOf(second.uploadId), "only reported").to.equal(undefined);
    await pipeline.invoke(pipeline.names.reconcileFunctionName, { fix: true, searchNewFaces: true });
    expect(await matchOf(second.uploadId)).to.deep.include({ studentId: "SV6", uploadId: first.uploadId });
    expect(await matchOf(first.uploadId)).to.equal(undefined);
  });

  it("is gone once either student is erased", async () => {
    await erase("Squatter");
    const row = await rowOf("Ann");
    expect([row?.reason, await matchOf(row?.uploadId)]).to.deep.equal(["DUPLICATE_FACE", undefined]);
    await erase("SV7");
    expect(await rowOf("SV7")).to.equal(undefined);
    const { Items: items } = await pipeline.dynamodb.scan({ TableName: pipeline.names.uploadTable });
    expect(JSON.stringify(items)).to.not.match(/Squatter|SV7/);
  });
});
