import { expect } from "chai";
import type { IssuedUpload } from "../../handlers/contract/api";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { replacing, startPipeline, type Pipeline } from "../support/with-cloud";

/** The calls that read a photo, which Rekognition charges for. SearchFaces may be repeated for a face that is new. */
const charged = ["rekognition:DetectFaces", "rekognition:SearchFacesByImage", "rekognition:IndexFaces"];

/** The page's API and the bucket, used as no page would: docs/security.md. */
describe("A form of the upload API", () => {
  let pipeline: Pipeline;
  let photo: Buffer;
  let photoOf: (person: string) => Buffer;
  let paid: string[] = [];
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photoOf = (person) => scriptFaces(bytes, [{ person }]);
    photo = photoOf("ann");
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      retryScale: 0.001,
      waitScale: 0.001,
      change: (graph) => replacing(graph, '"SETTLE_SECONDS":"65"', '"SETTLE_SECONDS":"1"'),
      onAllowed: (_, action) => charged.includes(action) && paid.push(action),
    });
  });
  after(() => pipeline.close());
  beforeEach(() => (paid = []));

  const request = (studentId: string) =>
    fetch(`${String(pipeline.cloud.graph.stackOutputs["apiUrl"])}/uploads`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ studentId, fileName: "a.jpg", contentType: "image/jpeg", bytes: photo.length }),
    });
  const issue = async (studentId: string): Promise<IssuedUpload> => {
    const response = await request(studentId);
    expect(response.status).to.equal(201);
    return (await response.json()) as IssuedUpload;
  };
  const post = async ({ url, fields }: IssuedUpload): Promise<void> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob([new Uint8Array(photo)]));
    const response = await fetch(url, { method: "POST", body: form });
    expect(response.status).to.equal(201);
  };
  const failedExecutions = async () => {
    const { stateMachineArn } = pipeline.names;
    const { executions = [] } = await pipeline.sfn.listExecutions({ stateMachineArn });
    return executions.filter(({ status }) => status !== "SUCCEEDED");
  };

  it("posted ten times is one upload: nothing more is judged, paid for, mailed or kept", async () => {
    const form = await issue("SV1");
    await Promise.all(Array.from({ length: 10 }, () => post(form)));
    await pipeline.cloud.idle();
    expect((await pipeline.uploads()).map(({ uploadId, status }) => [uploadId, status])).to.deep.equal([
      [form.uploadId, "accepted"],
    ]);
    expect([...paid].sort()).to.deep.equal([...charged].sort());
    expect(await pipeline.keys("uploads/", true)).to.deep.equal([]);
    expect(await pipeline.notices()).to.have.length(1);
    expect(await failedExecutions()).to.deep.equal([]);
  });

  it("posted again after its upload has ended changes nothing", async () => {
    const form = await issue("SV1");
    await post(form);
    await pipeline.cloud.idle();
    const before = [await pipeline.uploads(), await pipeline.avatars(), await pipeline.notices()];
    paid = [];
    await post(form);
    await pipeline.cloud.idle();
    expect([await pipeline.uploads(), await pipeline.avatars(), await pipeline.notices()]).to.deep.equal(before);
    expect(paid).to.deep.equal([]);
    expect(await pipeline.keys("uploads/", true)).to.deep.equal([]);
  });

  it("is refused to a student who has had 20 in a day, and to no other and no copy of the school's", async () => {
    for (let i = 0; i < 20; i += 1) await issue("SV9");
    const refused = await request("SV9");
    expect(refused.status).to.equal(429);
    expect(Number(refused.headers.get("retry-after"))).to.be.within(1, 86_400);
    expect(await refused.json()).to.have.property("type", "urn:avatar-pipeline:problem:student-limit");
    await issue("SV10");
    const { status } = await pipeline.process("uploads/SV9/from-the-school.jpg", photoOf("zoe"));
    expect(status).to.equal("accepted");
  });

  it("issued before an erasure brings nothing of the student back", async () => {
    const form = await issue("SV2");
    const notices = (await pipeline.notices()).length;
    await pipeline.invoke(pipeline.names.eraseStudentFunctionName, { studentId: "SV2" });
    await post(form);
    await pipeline.cloud.idle();
    expect((await pipeline.uploads()).filter(({ studentId }) => studentId === "SV2")).to.deep.equal([]);
    expect((await pipeline.avatars()).filter(({ studentId }) => studentId === "SV2")).to.deep.equal([]);
    expect(await pipeline.keys("uploads/SV2/", true)).to.deep.equal([]);
    expect(paid).to.deep.equal([]);
    expect(await pipeline.notices()).to.have.length(notices);
    expect(await failedExecutions()).to.deep.equal([]);
  });
});
