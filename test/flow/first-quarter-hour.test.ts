import { expect } from "chai";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { programGraph, replacing, startPipeline, type Pipeline } from "../support/with-cloud";

/** In a new bucket, events are missing for some minutes, and objects are not visible at once. */
describe("The first quarter of an hour of a bucket", () => {
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  let startMissed: string;
  const faults = createFaultInjector();
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    const graph = await programGraph();
    const isSearch = ({ type, name }: (typeof graph.resources)[number]) =>
      type === "aws:lambda/function:Function" && name.endsWith("-start-missed");
    startMissed = String(graph.resources.find(isSearch)?.outputs["name"]);
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      retryScale: 0.001,
      waitScale: 0.001,
      // Treats a photo as missed as soon as it is stored.
      change: (whole) => replacing(whole, "graceMinutes: 10", "graceMinutes: 0"),
    });
  });
  after(() => pipeline.close());
  beforeEach(() => faults.clear());

  const reads: readonly (readonly [what: string, rule: object])[] = [
    [
      "S3 does not show to a function",
      { service: "s3", operation: "GetObject", caller: "*check-format*", fault: { code: "AccessDenied" } },
    ],
    ["S3 does not know", { service: "s3", operation: "GetObject", caller: "*create-thumbnail*", fault: {} }],
    [
      "S3 does not know in that version",
      { service: "s3", operation: "GetObject", caller: "*check-format*", fault: { code: "NoSuchVersion" } },
    ],
    ["S3 does not show to DetectFaces", { service: "rekognition", operation: "DetectFaces", fault: {} }],
    ["S3 does not show to SearchFacesByImage", { service: "rekognition", operation: "SearchFacesByImage", fault: {} }],
    ["S3 does not show to IndexFaces", { service: "rekognition", operation: "IndexFaces", fault: {} }],
  ];
  for (const [i, [what, rule]] of reads.entries()) {
    it(`accepts a young photo that ${what} at first`, async () => {
      const { fault } = rule as { fault: object };
      faults.use({ rules: [{ ...rule, times: 3, fault: { kind: "missingObject", ...fault } }] });
      const row = await pipeline.process(`uploads/SV${i}/a.jpg`, photo(`young ${i}`));
      expect(faults.log).to.have.length(3);
      expect(row).to.include({ status: "accepted" });
    });
  }

  it("ends as failed if a photo never appears, and says so once", async () => {
    faults.use({ rules: [{ service: "s3", operation: "GetObject", fault: { kind: "missingObject" } }] });
    const row = await pipeline.process("uploads/SV20/a.jpg", photo("never"));
    expect(row).to.include({ status: "failed", reason: "INTERNAL", step: "CheckFormat" });
    expect(faults.log, "the first attempt, and 24 more").to.have.length(25);
    const notices = (await pipeline.notices()).filter(({ uploadId }) => uploadId === row.uploadId);
    expect(notices.map(({ type }) => type)).to.deep.equal(["avatar.failed"]);
  });

  it("picks up a photo whose event was lost, and leaves all others alone", async () => {
    faults.use({ rules: [{ service: "events", operation: "Deliver", times: 2, fault: { kind: "dropEvent" } }] });
    await pipeline.upload("uploads/SV30/a.jpg", photo("lost"));
    await pipeline.upload("uploads/nobody.jpg", photo("lost and of nobody"));
    await pipeline.cloud.idle();
    const rowsOf = async (key: string) => (await pipeline.uploads()).filter(({ objectKey }) => objectKey === key);
    expect(await rowsOf("uploads/SV30/a.jpg"), "nothing has heard of it").to.deep.equal([]);

    // The photo that failed above is still below `uploads/`.
    expect(await pipeline.invoke(startMissed, {})).to.deep.equal({ originals: 3, started: 2 });
    await pipeline.cloud.idle();
    expect((await rowsOf("uploads/SV30/a.jpg")).map(({ status }) => status)).to.deep.equal(["accepted"]);
    expect((await rowsOf("uploads/nobody.jpg")).map(({ status }) => status)).to.deep.equal(["failed"]);
    expect(await pipeline.invoke(startMissed, {}), "and only once").to.deep.equal({ originals: 2, started: 0 });
  });

  it("starts nothing for a photo that was deleted before anybody took it", async () => {
    faults.use({ rules: [{ service: "events", operation: "Deliver", times: 1, fault: { kind: "dropEvent" } }] });
    await pipeline.upload("uploads/SV31/a.jpg", photo("withdrawn"));
    await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key: "uploads/SV31/a.jpg" });
    expect(await pipeline.invoke(startMissed, {})).to.deep.include({ started: 0 });
  });
});
