import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Lambda } from "@aws-sdk/client-lambda";
import { Rekognition } from "@aws-sdk/client-rekognition";
import { S3 } from "@aws-sdk/client-s3";
import { SFN } from "@aws-sdk/client-sfn";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { everyAvatar, type AvatarRow } from "../../handlers/stores/avatars";
import { everyVersion } from "../../handlers/stores/photos";
import { everyUpload, type UploadRow } from "../../handlers/stores/uploads";
import { startCloud, type Cloud, type CloudOptions } from "../../packages/local-cloud";
import type { FaultInjector } from "../../packages/local-cloud/faults";
import type { FaceEngine } from "../../packages/local-cloud/services/rekognition/faces/engine";
import { evaluateProgram } from "../../packages/local-cloud/program/evaluate";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";

/** The names in the stack, read from its outputs. */
export interface StackNames {
  readonly photoBucket: string;
  readonly avatarTable: string;
  readonly uploadTable: string;
  readonly faceCollectionId: string;
  readonly stateMachineArn: string;
  readonly reconcileFunctionName: string;
  readonly eraseStudentFunctionName: string;
}

/** A mail of a topic, as its subscriber receives it. */
export interface Notice {
  readonly type: "avatar.accepted" | "avatar.rejected" | "avatar.failed";
  readonly uploadId: string;
  readonly subject: string;
  readonly text: string;
}

/** The whole program in the local cloud, with the operations that tests need. */
export interface Pipeline {
  readonly cloud: Cloud;
  readonly names: StackNames;
  readonly s3: S3;
  readonly dynamodb: DynamoDB;
  readonly rekognition: Rekognition;
  readonly sfn: SFN;
  readonly lambda: Lambda;
  /** Uploads a photo to the bucket; resolves with its version as soon as it is stored. */
  upload(key: string, body: Buffer): Promise<string>;
  /** Uploads a photo to the bucket and waits for its outcome. */
  process(key: string, body: Buffer): Promise<UploadRow>;
  uploads(): Promise<UploadRow[]>;
  avatars(): Promise<AvatarRow[]>;
  /** Keys of the current objects below a prefix, with all their versions and markers if requested. */
  keys(prefix: string, every?: boolean): Promise<string[]>;
  notices(): Promise<Notice[]>;
  invoke<Output>(functionName: string, input: unknown): Promise<Output>;
  close(): Promise<void>;
}

export interface PipelineOptions {
  readonly engine: FaceEngine;
  readonly faults?: FaultInjector;
  readonly retryScale?: number;
  readonly waitScale?: number;
  /** Plants something in the program before it runs. */
  readonly change?: ((graph: ProgramGraph) => ProgramGraph) | undefined;
  /** An existing folder to continue with; by default a new one, removed at the end. */
  readonly data?: string;
  /** The customer's key that encrypts everything; by default the keys are AWS's own. */
  readonly kmsKeyArn?: string;
  readonly maxProcesses?: number;
  /** Called for every action that a role was allowed. */
  readonly onAllowed?: CloudOptions["onAllowed"];
}

const evaluated = new Map<string, Promise<ProgramGraph>>();

/** The graph of this repository's program, evaluated once per test run and per value of `kmsKeyArn`. */
export function programGraph(kmsKeyArn = ""): Promise<ProgramGraph> {
  const graph =
    evaluated.get(kmsKeyArn) ??
    evaluateProgram({
      program: join(__dirname, "../../../index.ts"),
      config: {
        successEmails: JSON.stringify(["success@school.example"]),
        failureEmails: JSON.stringify(["failure@school.example"]),
        kmsKeyArn,
      },
    });
  evaluated.set(kmsKeyArn, graph);
  return graph;
}

/** The program with a piece of it replaced everywhere: a setting, or a number in a function's code. */
export function replacing(graph: ProgramGraph, piece: string, by: string): ProgramGraph {
  const text = JSON.stringify(graph);
  if (!text.includes(piece)) throw new Error(`The program has no ${piece}.`);
  return JSON.parse(text.replaceAll(piece, by)) as ProgramGraph;
}

/** The program with a comparison that does not pause between its searches, as it must on AWS. */
export function withoutPauses(graph: ProgramGraph): ProgramGraph {
  return replacing(graph, "searchPauseMilliseconds: 200", "searchPauseMilliseconds: 0");
}

export async function startPipeline({
  change,
  data: given,
  kmsKeyArn,
  ...options
}: PipelineOptions): Promise<Pipeline> {
  const graph = await programGraph(kmsKeyArn);
  const data = given ?? mkdtempSync(join(tmpdir(), "avatar-pipeline-"));
  const warnings: string[] = [];
  const cloud = await startCloud({
    ...options,
    graph: change === undefined ? graph : change(graph),
    port: 0,
    data,
    onWarning: (line) => warnings.push(line),
  });
  const names = graph.stackOutputs as unknown as StackNames;
  const config = { ...cloud.clientConfig, maxAttempts: 5 };
  const s3 = new S3({ ...config, forcePathStyle: true });
  const dynamodb = new DynamoDB(config);
  const lambda = new Lambda(config);
  const upload = async (key: string, body: Buffer) =>
    (await s3.putObject({ Bucket: names.photoBucket, Key: key, Body: body })).VersionId ?? "";
  const uploads = async () => {
    const rows: UploadRow[] = [];
    for await (const row of everyUpload(dynamodb, names.uploadTable)) rows.push(row);
    return rows;
  };
  return {
    cloud,
    names,
    s3,
    dynamodb,
    rekognition: new Rekognition(config),
    sfn: new SFN(config),
    lambda,
    upload,
    uploads,
    async process(key, body) {
      const versionId = await upload(key, body);
      await cloud.idle();
      const row = (await uploads()).find((each) => each.objectKey === key && each.versionId === versionId);
      if (row === undefined) throw new Error(`The upload ${key} left no row. Warnings: ${warnings.join("; ")}`);
      return row;
    },
    async avatars() {
      const rows: AvatarRow[] = [];
      for await (const row of everyAvatar(dynamodb, names.avatarTable)) rows.push(row);
      return rows;
    },
    async keys(prefix, every = false) {
      const found: string[] = [];
      for await (const version of everyVersion(s3, names.photoBucket, prefix)) {
        if (every || (version.isLatest && !version.isMarker)) found.push(version.key);
      }
      return found;
    },
    async notices() {
      const found: Notice[] = [];
      for (const { id } of cloud.mailbox.list({ limit: 1_000_000 })) {
        const mail = await cloud.mailbox.get(id);
        if (mail === undefined) continue;
        const uploadId = /^Upload: (\w+)$/m.exec(mail.text)?.[1] ?? "";
        found.push({ type: typeOf(mail.subject), uploadId, subject: mail.subject, text: mail.text });
      }
      return found;
    },
    async invoke<Output>(functionName: string, input: unknown) {
      const { Payload: payload, FunctionError: error } = await lambda.invoke({
        FunctionName: functionName,
        Payload: Buffer.from(JSON.stringify(input)),
      });
      const text = Buffer.from(payload ?? []).toString();
      if (error !== undefined) throw new Error(text);
      return JSON.parse(text) as Output;
    },
    async close() {
      await cloud.close();
      if (given === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}

function typeOf(subject: string): Notice["type"] {
  if (subject.includes("Profile photo accepted")) return "avatar.accepted";
  return subject.includes("Photo not accepted") ? "avatar.rejected" : "avatar.failed";
}
