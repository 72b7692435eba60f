import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReconcileReport } from "../../handlers/reconcile/findings";
import { reconcileMetrics } from "../../handlers/reconcile/report";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { portrait } from "../support/portraits";
import { replacing, startPipeline, withoutPauses, type Pipeline } from "../support/with-cloud";
import { nameOf } from "../support/errors";

describe("Reconcile", () => {
  let pipeline: Pipeline;
  let photo: (person: string) => Buffer;
  let data: string;
  const faults = createFaultInjector();
  before(async () => {
    const bytes = await portrait("A", { width: 240 });
    photo = (person) => scriptFaces(bytes, [{ person }]);
    data = mkdtempSync(join(tmpdir(), "avatar-pipeline-"));
    pipeline = await startPipeline({
      engine: scriptedEngine(),
      faults,
      data,
      retryScale: 0.001,
      waitScale: 0.001,
      // And treats an original as lost as soon as it is stored.
      change: (graph) => replacing(withoutPauses(graph), "graceMinutes: 15", "graceMinutes: 0"),
    });
  });
  after(async () => {
    await pipeline.close();
    rmSync(data, { recursive: true, force: true });
  });

  const reconcile = (input: object = {}) =>
    pipeline.invoke<ReconcileReport>(pipeline.names.reconcileFunctionName, input);
  const kinds = ({ findings }: ReconcileReport) => findings.map(({ kind }) => kind).sort();
  const faces = async () =>
    (await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId })).Faces ?? [];
  const executions = () => pipeline.names.stateMachineArn.replace(":stateMachine:", ":execution:");
  const originals = async () =>
    (await pipeline.s3.listObjectVersions({ Bucket: pipeline.names.photoBucket, Prefix: "uploads/" })).Versions ?? [];
  const setUpload = (uploadId: string, set: Readonly<Record<string, string>>) =>
    pipeline.dynamodb.updateItem({
      TableName: pipeline.names.uploadTable,
      Key: { upload_id: { S: uploadId } },
      UpdateExpression: `SET ${Object.keys(set)
        .map((name) => `#${name} = :${name}`)
        .join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(Object.keys(set).map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(Object.entries(set).map(([name, S]) => [`:${name}`, { S }])),
    });

  /** Finds exactly this without changing it, then fixes it, and then finds nothing. */
  async function fixes(...expected: string[]): Promise<void> {
    expect(kinds(await reconcile())).to.deep.equal([...expected].sort());
    const fixed = await reconcile({ fix: true });
    expect(fixed.findings.map(({ kind, fixed, problem }) => [kind, fixed, problem])).to.deep.equal(
      fixed.findings.map(({ kind }) => [kind, true, undefined]),
    );
    await pipeline.cloud.idle();
    expect(kinds(await reconcile())).to.deep.equal([]);
  }

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
    expect(report.searched).to.deep.equal({ done: 2, left: 0 });
  });

  it("counts thumbnails, not their versions", async () => {
    const [key = ""] = await pipeline.keys("avatars/SV1/");
    await pipeline.upload(key, photo("ann"));
    expect(await pipeline.keys("avatars/", true)).to.have.length(7);
    expect((await reconcile()).compared.thumbnails).to.equal(6);
    const versions = await pipeline.s3.listObjectVersions({ Bucket: pipeline.names.photoBucket, Prefix: key });
    const older = versions.Versions?.find(({ IsLatest }) => IsLatest !== true);
    await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key: key, VersionId: older?.VersionId });
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
    await fixes("face-left-over", "thumbnails-left-over");
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
    // To the scripted engine a thumbnail shows nobody: the network's faces for it are supplied by hand.
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
    // A key that the flow ignores, with the row of an accepted upload.
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
    await fixes("original-left-over");
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
        execution_arn: { S: `${executions()}:forgotten` },
      },
    });
    await fixes("upload-interrupted");
    const row = (await pipeline.uploads()).find((each) => each.uploadId === uploadId);
    expect(row).to.include({ status: "failed", step: "DetectFace", reason: "INTERNAL" });
    const told = (await pipeline.notices()).filter((notice) => notice.uploadId === uploadId);
    expect(told.map(({ type }) => type)).to.deep.equal(["avatar.failed"]);
  });

  it("closes a plain copy whose execution ended without a word, also when the object is gone", async () => {
    const key = "uploads/SV6/copy.jpg";
    faults.use({
      rules: [{ service: "rekognition", operation: "DetectFaces", fault: { kind: "error", status: 500 } }],
    });
    expect((await pipeline.process(key, photo("fay"))).status).to.equal("failed");
    faults.clear();
    const row = (await pipeline.uploads()).find(({ objectKey }) => objectKey === key);
    const [uploadId = "", VersionId = ""] = [row?.uploadId, row?.versionId];
    await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key: key, VersionId });
    await setUpload(uploadId, { status: "processing", execution_arn: `${executions()}:forgotten` });
    await fixes("upload-interrupted");
    const rows = (await pipeline.uploads()).filter(({ studentId }) => studentId === "SV6");
    expect(rows.map(({ uploadId: id, status }) => [id, status])).to.deep.equal([[uploadId, "failed"]]);
  });

  it("starts a photo whose event was lost; that event, when it comes after all, finds it done", async () => {
    const key = "uploads/SV6/lost.jpg";
    faults.use({
      rules: [{ service: "rekognition", operation: "DetectFaces", fault: { kind: "error", status: 500 } }],
    });
    const { uploadId } = await pipeline.process(key, photo("fay"));
    faults.clear();
    // As if no event had been received.
    await pipeline.dynamodb.deleteItem({
      TableName: pipeline.names.uploadTable,
      Key: { upload_id: { S: uploadId } },
    });
    const [VersionId = ""] = (await originals()).map((version) => version.VersionId ?? "");
    await fixes("upload-not-started");
    // S3's event has another time than its listing, and comes from the dead-letter queue a day later.
    const time = new Date(Date.now() - 3_600_000).toISOString();
    const object = { key, size: 1, etag: "e", "version-id": VersionId };
    const event = { source: "aws.s3", time, detail: { bucket: { name: pipeline.names.photoBucket }, object } };
    await pipeline.sfn.startExecution({
      stateMachineArn: pipeline.names.stateMachineArn,
      input: JSON.stringify(event),
    });
    await pipeline.cloud.idle();
    const rows = (await pipeline.uploads()).filter(({ objectKey }) => objectKey === key);
    expect(rows.map((row) => [row.uploadId, row.status])).to.deep.equal([[uploadId, "accepted"]]);
    const told = (await pipeline.notices()).filter((notice) => notice.uploadId === uploadId);
    expect(told.map(({ type }) => type)).to.deep.equal(["avatar.accepted", "avatar.failed"]);
  });

  it("leaves the original of a failed upload deleted that its lifecycle, or a person, has deleted", async () => {
    const key = "uploads/SV6/expired.jpg";
    faults.use({
      rules: [{ service: "rekognition", operation: "DetectFaces", fault: { kind: "error", status: 500 } }],
    });
    const { versionId } = await pipeline.process(key, photo("fay"));
    faults.clear();
    await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key: key });
    expect((await reconcile({ fix: true })).findings).to.deep.equal([]);
    expect(await pipeline.keys("uploads/SV6/"), "its marker still hides it").to.deep.equal([]);
    // A day later the lifecycle removes the version; the remaining marker hides nothing.
    await pipeline.s3.deleteObject({ Bucket: pipeline.names.photoBucket, Key: key, VersionId: versionId });
    await fixes("original-left-over");
    expect(await pipeline.keys("uploads/SV6/", true)).to.deep.equal([]);
  });

  /** Waits until searches see a face: as on AWS, a face just indexed is not found for a moment. */
  async function searchable(faceId: string): Promise<void> {
    const search = { CollectionId: pipeline.names.faceCollectionId, FaceId: faceId };
    const isSeen = () =>
      pipeline.rekognition.searchFaces(search).then(
        () => true,
        (error: unknown) => {
          if (nameOf(error) !== "InvalidParameterException") throw error;
          return false;
        },
      );
    while (!(await isSeen()));
  }

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
    const faceId = FaceRecords[0]?.Face?.FaceId ?? "";
    await searchable(faceId);
    await pipeline.dynamodb.putItem({
      TableName: pipeline.names.avatarTable,
      Item: {
        student_id: { S: "SV7" },
        upload_id: { S: uploadId },
        face_id: { S: faceId },
        thumbnails: { M: { "64": { S: key } } },
        processed_at: { S: "2999-01-01T00:00:00.000Z" },
      },
    });
    const faces = (await pipeline.avatars()).length;
    expect(kinds(await reconcile({ fix: true }))).to.deep.equal([]);
    const pair = [["faces-match", "SV7", avatar?.studentId, false]];
    // Every night again, as long as both have it; no other face is searched a second time.
    for (const done of [faces, 2]) {
      const report = await reconcile({ fix: true, searchNewFaces: true });
      const found = report.findings.map(({ kind, studentId, subject, fixed }) => [kind, studentId, subject, fixed]);
      expect(found).to.deep.equal(pair);
      expect(report.searched).to.deep.equal({ done, left: 0 });
    }
  });

  it("logs, as the metrics that the alarm and the dashboard read, what each run found that was to mend it", async () => {
    type Metric = Record<string, unknown> & { _aws: { CloudWatchMetrics: unknown } };
    const { namespace: Namespace, found, left } = reconcileMetrics;
    const log = join(data, "logs", `${pipeline.names.reconcileFunctionName}.log`);
    // A line is a metric only if nothing precedes the JSON.
    const metrics = () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Metric);
    // Lines are written to the file a few times per second.
    while (metrics().at(-1)?.[left] !== 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(metrics().length).to.be.greaterThan(3);
    const last = metrics().at(-1);
    expect(last).to.deep.include({ FunctionName: pipeline.names.reconcileFunctionName, [found]: 1, [left]: 1 });
    expect(last?._aws.CloudWatchMetrics).to.deep.equal([
      {
        Namespace,
        Dimensions: [["FunctionName"]],
        Metrics: [
          { Name: found, Unit: "Count" },
          { Name: left, Unit: "Count" },
        ],
      },
    ]);
  });
});
