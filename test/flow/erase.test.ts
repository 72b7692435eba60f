import { expect } from "chai";
import type { EraseReceipt } from "../../handlers/erase-student/handler";
import { scriptedEngine, scriptFaces } from "../../local/faces/scripted-engine";
import { portrait } from "../photos";
import { replacing, startPipeline, type Pipeline } from "./harness";

describe("EraseStudent", function () {
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
      // It waits for uploads on their way for 3 s, in place of the longest time of a function.
      change: (graph) => replacing(graph, '"SETTLE_SECONDS":"65"', '"SETTLE_SECONDS":"3"'),
    });
  });
  after(() => pipeline.close());

  const faces = async () =>
    (await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId })).Faces ?? [];
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
    expect((await faces()).filter(({ ExternalImageId = "" }) => ExternalImageId.startsWith("SV8:"))).to.have.length(0);
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
