import { expect } from "chai";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { partOf, without } from "../support/grants";
import { portrait } from "../support/portraits";
import { startPipeline } from "../support/with-cloud";

describe("A function that may not use the customer's key", () => {
  const kmsKeyArn = "arn:aws:kms:ap-southeast-1:000000000000:key/11111111-2222-3333-4444-555555555555";

  /** The uses of the key that a good photo requires: a photo's bytes, an avatar's, a table's rows, a notice. */
  const keyUses: readonly (readonly [step: string, action: string])[] = [
    ["ReceivePhoto", "kms:Decrypt"],
    ["CheckFormat", "kms:Decrypt"],
    ["DetectFace", "kms:Decrypt"],
    ["CheckDuplicate", "kms:Decrypt"],
    ["CreateThumbnail", "kms:Decrypt"],
    ["CreateThumbnail", "kms:GenerateDataKey"],
    ["IndexFace", "kms:Decrypt"],
    ["SaveMetadata", "kms:Decrypt"],
    ["DeleteOriginal", "kms:Decrypt"],
    ["NotifySuccess", "kms:Decrypt"],
    ["NotifySuccess", "kms:GenerateDataKey"],
  ];

  async function outcome(change?: (graph: ProgramGraph) => ProgramGraph) {
    const pipeline = await startPipeline({ engine: scriptedEngine(), retryScale: 0.001, kmsKeyArn, change });
    try {
      const photo = scriptFaces(await portrait("A", { width: 240 }), [{ person: "ann" }]);
      await pipeline.upload("uploads/SV001/a.jpg", photo);
      await pipeline.cloud.idle();
      const rows = await pipeline.uploads();
      const histories = [...pipeline.cloud.machines.executions()].map(({ arn }) =>
        pipeline.cloud.machines.history(arn),
      );
      return { rows: rows.map(({ status }) => status), text: JSON.stringify(histories) };
    } finally {
      await pipeline.close();
    }
  }

  it("is none with the declared policies: a photo is accepted", async () => {
    expect((await outcome()).rows).to.deep.equal(["accepted"]);
  });

  for (const [step, action] of keyUses) {
    it(`fails here as on AWS, and names what it lacks: ${step} without ${action}`, async () => {
      const { rows, text } = await outcome((graph) => without(graph, partOf(step), action));
      expect(rows).not.to.include("accepted");
      expect(text).to.include(`is not authorized to perform: ${action} on resource: ${kmsKeyArn}`);
    });
  }
});
