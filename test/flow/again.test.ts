import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { startPipeline, type Pipeline } from "../support/with-cloud";

describe("An upload that is begun again", () => {
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  const faults = createFaultInjector();
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    pipeline = await startPipeline({ engine: scriptedEngine(), faults, retryScale: 0.001, waitScale: 0.001 });
  });
  after(() => pipeline.close());
  afterEach(() => faults.clear());

  const faces = async () =>
    (await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId })).Faces ?? [];
  const rowsOf = async (...students: string[]) =>
    (await pipeline.uploads()).filter(({ studentId }) => students.includes(studentId));

  it("is one of two with the same face, both left behind in the collection: one is accepted, whoever is first", async () => {
    const outage = { kind: "error", status: 500 };
    faults.use({
      rules: [
        // Neither upload sees the other, gets the result of its own write, or can undo its work.
        { service: "rekognition", fault: { kind: "staleSearch", milliseconds: 60_000 } },
        { service: "rekognition", operation: "SearchFaces", fault: outage },
        { service: "rekognition", operation: "DeleteFaces", fault: outage },
      ],
    });
    await Promise.all(["SV1", "SV2"].map((student) => pipeline.upload(`uploads/${student}/a.jpg`, photo("ann"))));
    await pipeline.cloud.idle();
    expect((await rowsOf("SV1", "SV2")).map(({ status }) => status)).to.deep.equal(["failed", "failed"]);
    expect(await faces()).to.have.length(2);

    faults.clear();
    const { stateMachineArn } = pipeline.names;
    const { executions = [] } = await pipeline.sfn.listExecutions({ stateMachineArn, statusFilter: "FAILED" });
    const inputs = await Promise.all(
      executions.map(async ({ executionArn }) => (await pipeline.sfn.describeExecution({ executionArn })).input),
    );
    // The closing executions of failed ones have their own inputs; an operator starts the photo's execution.
    const photos = inputs.filter((input) => input?.includes("Object Created"));
    expect(photos).to.have.length(2);
    for (const input of photos) await pipeline.sfn.startExecution({ stateMachineArn, ...(input ? { input } : {}) });
    await pipeline.cloud.idle();

    const ends = (await rowsOf("SV1", "SV2")).map(({ reason, status }) => reason ?? status);
    expect(ends.sort()).to.deep.equal(["DUPLICATE_FACE", "accepted"]);
    expect(await pipeline.avatars()).to.have.length(1);
    expect(await faces()).to.have.length(1);
  });

  it("leaves nothing when it was claimed to be closed, and the claim's function failed after that", async () => {
    faults.use({
      rules: [{ service: "rekognition", operation: "SearchFaces", fault: { kind: "delay", milliseconds: 3000 } }],
    });
    await pipeline.upload("uploads/SV3/b.jpg", photo("bea"));
    let executionArn: string | undefined;
    while (executionArn === undefined) {
      const [row] = await rowsOf("SV3");
      if (row?.faceId !== undefined) executionArn = row.executionArn;
      await sleep(5);
    }
    faults.use({
      rules: [
        {
          service: "dynamodb",
          operation: "GetItem",
          caller: "*receive-photo*",
          fault: { kind: "error", status: 500 },
        },
      ],
    });
    await pipeline.sfn.stopExecution({ executionArn });
    await pipeline.cloud.idle();

    expect((await rowsOf("SV3")).map(({ status, step }) => [status, step])).to.deep.equal([["failed", "ReceivePhoto"]]);
    expect((await faces()).filter(({ ExternalImageId }) => ExternalImageId?.startsWith("SV3:"))).to.deep.equal([]);
    expect(await pipeline.keys("avatars/SV3/", true)).to.deep.equal([]);
    expect(await pipeline.keys("uploads/SV3/"), "the photo itself can be tried again").to.have.length(1);
  });
});
