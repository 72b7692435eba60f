import { expect } from "chai";
import type { EraseReceipt } from "../../handlers/erase-student/handler";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { replacing, startPipeline, type Pipeline } from "../support/with-cloud";
import { messageOf } from "../support/errors";

describe("EraseStudent", () => {
  const faults = createFaultInjector();
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      retryScale: 0.001,
      waitScale: 0.001,
      // 65 s, the longest time of a function on AWS, are 16 here, which no function exceeds even on a busy machine.
      change: (graph) => replacing(graph, '"SETTLE_SECONDS":"65"', '"SETTLE_SECONDS":"16"'),
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
    const waits = [0, 30, 120, 250, 400, 800];
    await Promise.all(
      waits.map(async (wait, index) => {
        await pipeline.upload(`uploads/SV10${index}/a.jpg`, photo(`ian ${index}`));
        await new Promise((resolve) => setTimeout(resolve, wait));
        await erase(`SV10${index}`);
      }),
    );
    await pipeline.cloud.idle();
    const held = [
      ...(await faces()).map(({ ExternalImageId = "" }) => ExternalImageId),
      ...(await pipeline.keys("avatars/", true)),
      ...(await pipeline.keys("uploads/", true)),
      ...(await pipeline.avatars()).map(({ studentId }) => studentId),
      ...(await pipeline.uploads()).map(({ studentId }) => studentId),
    ];
    expect(held.filter((each) => each.includes("SV10"))).to.deep.equal([]);
  });

  it("leaves nothing of an upload whose event was still on its way", async () => {
    faults.use({
      seed: 1,
      rules: [{ service: "events", operation: "Deliver", fault: { kind: "delay", milliseconds: 2000 } }],
    });
    await pipeline.upload("uploads/SV11/a.jpg", photo("jan"));
    expect(await erase("SV11")).to.deep.include({ originals: 1 });
    faults.clear();
    await pipeline.cloud.idle();
    expect((await pipeline.uploads()).filter(({ studentId }) => studentId === "SV11")).to.deep.equal([]);
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
      const message = await erase(bad).then(() => "", messageOf);
      expect(message).to.include("InvalidStudentId").and.include("1 to 64 of A-Z a-z 0-9");
    });
  }
});
