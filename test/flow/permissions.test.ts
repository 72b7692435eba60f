import { expect } from "chai";
import { makeUploadId, uploadKey } from "../../handlers/contract/keys";
import { steps } from "../../handlers/functions";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { matchesWildcards } from "../../packages/local-cloud/iam";
import { partOf, statementsOf, without } from "../support/grants";
import { portrait } from "../support/portraits";
import { programGraph, startPipeline } from "../support/with-cloud";

/** The grants of each step that a good photo requires. */
const needed: readonly (readonly [step: string, action: string])[] = [
  ["ReceivePhoto", "dynamodb:UpdateItem"],
  ["CheckFormat", "s3:GetObjectVersion"],
  ["DetectFace", "rekognition:DetectFaces"],
  ["CheckDuplicate", "rekognition:SearchFacesByImage"],
  ["CreateThumbnail", "s3:PutObject"],
  ["IndexFace", "rekognition:IndexFaces"],
  ["SaveMetadata", "dynamodb:PutItem"],
  ["DeleteOriginal", "s3:DeleteObjectVersion"],
  ["NotifySuccess", "sns:Publish"],
];

describe("A function that lacks one permission", () => {
  it("is looked at for every step of a good photo", () => {
    const after = ["Undo", "NotifyFailure"];
    const names = steps.map(({ name }) => name).filter((name) => !after.includes(name));
    expect(needed.map(([step]) => step)).to.deep.equal(names);
  });

  for (const [step, action] of needed) {
    it(`fails here as on AWS, and names what it lacks: ${step} without ${action}`, async () => {
      const pipeline = await startPipeline({
        engine: scriptedEngine(),
        retryScale: 0.001,
        change: (graph) => without(graph, partOf(step), action),
      });
      try {
        const photo = scriptFaces(await portrait("A"), [{ person: "ann" }]);
        await pipeline.upload("uploads/SV001/a.jpg", photo);
        await pipeline.cloud.idle();
        const rows = await pipeline.uploads();
        expect(rows.map(({ status, step: at }) => [status, at])).to.deep.equal([["failed", step]]);
        const { executions = [] } = await pipeline.sfn.listExecutions({
          stateMachineArn: pipeline.names.stateMachineArn,
          statusFilter: "FAILED",
        });
        expect(executions.length).to.be.greaterThan(0);
        const histories = await Promise.all(
          executions.map(({ executionArn }) => pipeline.sfn.getExecutionHistory({ executionArn, maxResults: 1000 })),
        );
        const text = JSON.stringify(histories.flatMap(({ events }) => events ?? []));
        // SNS has its own name for it; CheckFormat takes the object for missing, since S3 gives the same answer for both.
        expect(text).to.match(/AccessDenied|AuthorizationError|NoSuchKey/);
        expect(text).to.include(`is not authorized to perform: ${action}`);
      } finally {
        await pipeline.close();
      }
    });
  }
});

describe("The permissions of the steps", () => {
  /** Lambda's own requirements: a log, and X-Ray's traces. */
  const isRuntimes = (action: string) => /^(logs|xray):/.test(action);
  /** AWS does not document Rekognition's required permission for reading a version of an object. */
  const isInDoubt = (step: string, action: string) =>
    ["DetectFace", "CheckDuplicate", "IndexFace"].includes(step) && action === "s3:GetObject";

  it("are all used by one photo or another: there is none that nothing needs", async () => {
    const used: { readonly by: string; readonly action: string; readonly resource: string }[] = [];
    const faults = createFaultInjector();
    const pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      retryScale: 0.001,
      waitScale: 0.001,
      onAllowed: ({ arn }, action, resource) => used.push({ by: arn, action, resource }),
    });
    try {
      const bytes = await portrait("A", { width: 240 });
      const photo = (person: string) => scriptFaces(bytes, [{ person }]);
      const outage = { kind: "error", status: 500 };
      const endsOf = async (...students: string[]) =>
        (await pipeline.uploads())
          .filter(({ studentId }) => students.includes(studentId))
          .map(({ reason, status }) => reason ?? status)
          .sort();

      await pipeline.process("uploads/SV1/a.jpg", photo("ann"));
      await pipeline.process("uploads/SV2/a.jpg", photo("ann"));
      await pipeline.process("uploads/SV1/newer.jpg", photo("ann again"));
      expect(await endsOf("SV1", "SV2")).to.deep.equal(["DUPLICATE_FACE", "accepted", "accepted"]);

      // A photo from the page.
      const uploadId = makeUploadId(Date.now(), Buffer.alloc(10, 1));
      await pipeline.dynamodb.putItem({
        TableName: pipeline.names.uploadTable,
        Item: { upload_id: { S: uploadId }, student_id: { S: "SV3" }, status: { S: "awaiting-upload" } },
      });
      await pipeline.process(uploadKey("SV3", uploadId, "jpg"), photo("bea"));
      expect(await endsOf("SV3")).to.deep.equal(["accepted"]);
      // The page's form posted once more.
      await pipeline.upload(uploadKey("SV3", uploadId, "jpg"), photo("bea"));
      await pipeline.cloud.idle();
      expect(await endsOf("SV3")).to.deep.equal(["accepted"]);

      // Two photos that pass the first search together: the second search decides between them.
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
      expect(await endsOf("SV4", "SV5")).to.deep.equal(["DUPLICATE_FACE", "accepted"]);

      // A photo whose face may be in the collection under an unknown id; started again once that is resolved.
      const key = "uploads/SV6/a.jpg";
      faults.use({ rules: [{ service: "rekognition", operation: "IndexFaces", fault: outage }] });
      const failed = await pipeline.process(key, photo("dan"));
      faults.clear();
      const { stateMachineArn } = pipeline.names;
      const { input } = await pipeline.sfn.describeExecution({ executionArn: failed.executionArn });
      await pipeline.sfn.startExecution({ stateMachineArn, ...(input === undefined ? {} : { input }) });
      await pipeline.cloud.idle();
      expect(await endsOf("SV6")).to.deep.equal(["accepted"]);

      // A newer photo that was saved, and whose original cannot be deleted: Undo removes the replaced avatar's data.
      faults.use({ rules: [{ service: "s3", operation: "DeleteObject", caller: "*delete-original*", fault: outage }] });
      await pipeline.process("uploads/SV6/newer.jpg", photo("dan again"));
      expect(await endsOf("SV6")).to.deep.equal(["INTERNAL", "accepted"]);
    } finally {
      await pipeline.close();
    }

    const graph = await programGraph();
    const idle = steps.flatMap(({ name }) =>
      statementsOf(graph, name).flatMap(({ Action, Resource }) =>
        Action.filter((action) => !isRuntimes(action) && !isInDoubt(name, action)).flatMap((action) =>
          Resource.filter(
            (resource) =>
              !used.some(
                (use) =>
                  use.by.includes(`assumed-role/${partOf(name)}-`) &&
                  use.action === action &&
                  matchesWildcards(use.resource, resource),
              ),
          ).map((resource) => `${name}: ${action} on ${resource}`),
        ),
      ),
    );
    expect(idle).to.deep.equal([]);
  });
});
