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
  let paid: string[] = [];
  before(async () => {
    photo = scriptFaces(await portrait("A", { width: 240 }), [{ person: "ann" }]);
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

  const issue = async (studentId: string): Promise<IssuedUpload> => {
    const response = await fetch(`${String(pipeline.cloud.graph.stackOutputs["apiUrl"])}/uploads`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ studentId, fileName: "a.jpg", contentType: "image/jpeg", bytes: photo.length }),
    });
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
