import { randomBytes } from "node:crypto";
import { makeUploadId, uploadKey } from "../../handlers/contract/keys";
import type { ReconcileInput, ReconcileReport } from "../../handlers/reconcile/findings";
import { createFaultInjector, type InjectedFault } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { startPipeline, withoutPauses, type Pipeline } from "../support/with-cloud";
import { portrait } from "../support/portraits";
import { brokenPromises, isGood, takeSnapshot, type PutPhoto, type Stores } from "./invariants";
import type { PlannedUpload, Scenario } from "./scenario";

/**
 * Runs scenarios through the real handlers, machine, functions and services, and checks every promise after each. A
 * scripted engine behind Rekognition's API supplies the faces, so that a run is fast and exact.
 */
export interface ChaosResult {
  readonly scenario: Scenario;
  /** Broken promises; empty when all hold. */
  readonly broken: readonly string[];
  /** The faults that were injected. */
  readonly faults: readonly InjectedFault[];
  /** For a broken promise: every execution of the scenario, with its status and input. */
  readonly executions: readonly string[];
  readonly endings: Readonly<Record<string, number>>;
}

export interface ChaosOptions {
  readonly seed: number;
  /** Plants a defect in the program: see defects.ts. */
  readonly change?: ((graph: ProgramGraph) => ProgramGraph) | undefined;
}

export interface Chaos {
  run(scenario: Scenario): Promise<ChaosResult>;
  close(): Promise<void>;
}

/** The steps at which a fault can turn one notice into two. The promise is to notify at least once. */
const mayRepeat = /Notify(Success|Failure)|its function dies|all stopped/;

export async function startChaos({ seed, change }: ChaosOptions): Promise<Chaos> {
  const faults = createFaultInjector();
  const pipeline = await startPipeline({
    engine: scriptedEngine(),
    faults,
    retryScale: 0.002,
    // 65 s become 8: on AWS no function outlives the wait, and none may here either, even on a busy machine.
    waitScale: 0.12,
    maxProcesses: 2,
    change: (graph) => withoutPauses(change === undefined ? graph : change(graph)),
  });
  const files = await testFiles();
  const stores: Stores = {
    dynamodb: pipeline.dynamodb,
    rekognition: pipeline.rekognition,
    s3: pipeline.s3,
    photoBucket: pipeline.names.photoBucket,
    uploadTable: pipeline.names.uploadTable,
    avatarTable: pipeline.names.avatarTable,
    collectionId: pipeline.names.faceCollectionId,
  };
  let toldBefore = 0;

  async function run(scenario: Scenario): Promise<ChaosResult> {
    const { number } = scenario;
    const started = new Date();
    const photos: PutPhoto[] = [];
    faults.use({ seed: seed * 1000 + number, rules: scenario.rules });
    const comparison = scenario.reconcileAfter === undefined ? undefined : compareAfter(scenario.reconcileAfter);
    for (const [index, planned] of scenario.uploads.entries()) {
      if (planned.pause > 0) await pause(planned.pause);
      photos.push(...(await put(pipeline, files, planned, `${number}-${index}`)));
    }
    if (scenario.stopAfter !== undefined) {
      await pause(scenario.stopAfter);
      await stopAll(pipeline);
    }
    await comparison;
    await pipeline.cloud.idle();
    const injected = [...faults.log];
    faults.clear();
    const snapshot = await takeSnapshot(stores);
    const notices = (await pipeline.notices()).slice(0, -toldBefore || undefined);
    const told = notices.map(({ type, uploadId }) => ({ type, uploadId }));
    const broken = brokenPromises(snapshot, photos, told, mayRepeat.test(scenario.title));
    // The product's own comparison must agree.
    const report = await compare({ searchFaces: true });
    for (const { kind, subject, problem } of report.findings) {
      broken.push(`reconcile: ${kind}: ${subject} ${problem ?? ""}`);
    }
    broken.push(...(await failedCanTryAgain(pipeline, stores, files, photos, number)));
    const endings: Record<string, number> = {};
    for (const { status } of snapshot.uploads) endings[status] = (endings[status] ?? 0) + 1;
    const executions = broken.length === 0 ? [] : await describeExecutions(pipeline, started);
    await empty(pipeline, stores);
    toldBefore = (await pipeline.notices()).length;
    return { scenario, broken, faults: injected, executions, endings };
  }

  const compare = (input: ReconcileInput) =>
    pipeline.invoke<ReconcileReport>(pipeline.names.reconcileFunctionName, input);
  const compareAfter = async (milliseconds: number) => {
    await pause(milliseconds);
    await compare({ fix: true, searchNewFaces: true });
  };

  return { run, close: () => pipeline.close() };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

type Files = Readonly<Record<"jpeg" | "png", Buffer>>;

async function testFiles(): Promise<Files> {
  return { jpeg: await portrait("A", { width: 240 }), png: await portrait("A", { width: 240, format: "png" }) };
}

function bytesOf(files: Files, { file, persons }: PlannedUpload): Buffer {
  const scripted = (format: "jpeg" | "png") =>
    scriptFaces(
      files[format],
      persons.map((person) => ({ person })),
    );
  if (file === "text") return Buffer.from("no photo at all");
  if (file === "cut off") return files.jpeg.subarray(0, files.jpeg.length >> 1);
  return scripted(file);
}

async function put(pipeline: Pipeline, files: Files, planned: PlannedUpload, name: string): Promise<PutPhoto[]> {
  const { student, persons, way } = planned;
  const isBroken = planned.file === "text" || planned.file === "cut off";
  const extension = planned.file === "png" ? "png" : "jpg";
  const stem = way === "copy" ? name : await issue(pipeline, student);
  const key = uploadKey(student, stem, extension);
  const bytes = bytesOf(files, planned);
  const versions = await Promise.all(
    Array.from({ length: way === "issued twice" ? 2 : 1 }, () => pipeline.upload(key, bytes)),
  );
  return versions.map((versionId) => ({ key, versionId, student, persons, isBroken }));
}

/** Issues an upload, as the API does. */
async function issue({ dynamodb, names }: Pipeline, student: string): Promise<string> {
  const uploadId = makeUploadId(Date.now(), randomBytes(10));
  await dynamodb.putItem({
    TableName: names.uploadTable,
    Item: { upload_id: { S: uploadId }, student_id: { S: student }, status: { S: "awaiting-upload" } },
  });
  return uploadId;
}

/** Stops every running execution, as an operator or an outage would. */
async function stopAll(pipeline: Pipeline): Promise<void> {
  const { executions = [] } = await pipeline.sfn.listExecutions({
    stateMachineArn: pipeline.names.stateMachineArn,
    statusFilter: "RUNNING",
  });
  for (const { executionArn } of executions) {
    // It may have ended in the meantime.
    await pipeline.sfn.stopExecution({ executionArn }).catch(() => undefined);
  }
}

/** The fifth promise: a student whose upload failed for a fault of the pipeline uploads again and is accepted. */
async function failedCanTryAgain(
  pipeline: Pipeline,
  stores: Stores,
  files: Files,
  photos: readonly PutPhoto[],
  number: number,
): Promise<string[]> {
  const broken: string[] = [];
  const { uploads, avatars } = await takeSnapshot(stores);
  const failed = photos.filter(
    (photo) =>
      isGood(photo) &&
      uploads.some(
        (row) => row.objectKey === photo.key && row.status === "failed" && row.versionId === photo.versionId,
      ),
  );
  const tried = new Set<string>();
  for (const { student, persons } of failed) {
    const person = persons[0] ?? "";
    const holder = photos.find(
      (photo) =>
        photo.persons[0] === person &&
        avatars.some((avatar) =>
          uploads.some((row) => row.objectKey === photo.key && row.uploadId === avatar.uploadId),
        ),
    );
    // Only one of several students who share a face can be accepted.
    if (tried.has(person) || (holder !== undefined && holder.student !== student)) continue;
    tried.add(person);
    const name = `${number}-again-${student}`;
    const planned: PlannedUpload = { student, persons: [person], file: "jpeg", way: "copy", pause: 0 };
    const [again] = await put(pipeline, files, planned, name);
    await pipeline.cloud.idle();
    const row = (await pipeline.uploads()).find((each) => each.objectKey === again?.key);
    if (row?.status !== "accepted") {
      broken.push(
        `5: ${student} failed, uploaded again, and that was ${row?.status ?? "not even seen"} (${row?.reason})`,
      );
    }
  }
  return broken;
}

/** Empties the stores between scenarios. */
async function empty(pipeline: Pipeline, stores: Stores): Promise<void> {
  const { uploads, avatars, faces, thumbnails, originals } = await takeSnapshot(stores);
  const { dynamodb, rekognition, s3 } = pipeline;
  for (const { uploadId } of uploads) {
    await dynamodb.deleteItem({ TableName: stores.uploadTable, Key: { upload_id: { S: uploadId } } });
  }
  for (const { studentId } of avatars) {
    await dynamodb.deleteItem({ TableName: stores.avatarTable, Key: { student_id: { S: studentId } } });
  }
  if (faces.size > 0) await rekognition.deleteFaces({ CollectionId: stores.collectionId, FaceIds: [...faces.keys()] });
  for (const { key, versionId } of [...thumbnails, ...originals]) {
    await s3.deleteObject({ Bucket: stores.photoBucket, Key: key, VersionId: versionId });
  }
}

async function describeExecutions(pipeline: Pipeline, since: Date): Promise<string[]> {
  const { executions = [] } = await pipeline.sfn.listExecutions({
    stateMachineArn: pipeline.names.stateMachineArn,
    maxResults: 100,
  });
  const ofScenario = executions.filter(({ startDate }) => (startDate?.getTime() ?? 0) >= since.getTime());
  return Promise.all(
    ofScenario.map(async ({ executionArn, status }) => {
      const { input } = await pipeline.sfn.describeExecution({ executionArn });
      const { events = [] } = await pipeline.sfn.getExecutionHistory({ executionArn, maxResults: 1000 });
      const states = events.flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []);
      const key = /"?key\\*":\\*"([^"\\]+)/.exec(input ?? "")?.[1];
      return `${status} ${key ?? ""}: ${states.join(" ")}`;
    }),
  );
}
