/**
 * The console over real machines and a real mailbox: the flow's own text runs and the test answers its steps, so that
 * every page shows a history written by the interpreter. Tables and thumbnails are the test's own.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { steps } from "../../../../handlers/functions";
import { definitionWith } from "../../../../handlers/machine";
import type { AvatarRow } from "../../../../handlers/stores/avatars";
import { readUploadRow, type UploadRow } from "../../../../handlers/stores/upload-row";
import { openMailbox, type Mailbox } from "../../../../packages/local-cloud/services/mail";
import { createMachines, type Machines } from "../../../../packages/local-cloud/services/states";
import { createConsole, type PipelineSource } from "../../../../packages/cli/console";
import { logsIn } from "../../../../packages/local-cloud/console/logs";

export const machineArn = "arn:aws:states:ap-southeast-1:000000000000:stateMachine:avatars-flow";
const lambda = "arn:aws:lambda:ap-southeast-1:000000000000:function:";

/** Answers a step's call; a thrown error's name and message are the function's. */
export type Answer = (input: never) => unknown;

const photo = { bucket: "avatars-photos", key: "uploads/sv0007/01K.jpg", studentId: "sv0007", uploadId: "01K" };

/** The output of each step for an accepted photo. */
const accepted: Readonly<Record<string, Answer>> = {
  ReceivePhoto: () => ({ claim: "claimed", photo }),
  CheckFormat: () => ({ format: "jpeg", width: 1200, height: 1600, sha256: "9f2c".repeat(16) }),
  DetectFace: () => ({ box: { left: 0.31, top: 0.2, width: 0.36, height: 0.41 }, confidence: 99.87 }),
  CheckDuplicate: () => ({ checked: true }),
  CreateThumbnail: () => ({ thumbnails: { "64": "avatars/sv0007/01K/64.jpg", "256": "avatars/sv0007/01K/256.jpg" } }),
  IndexFace: () => ({ faceId: "0b1e3c52-6f1f-4d2b-9d0a-8d6f0f5f8c11" }),
  SaveMetadata: () => ({ replaced: [] }),
  DeleteOriginal: () => ({ deleted: 1 }),
  NotifySuccess: () => ({ outcome: "accepted", processedAt: "2026-11-23T02:40:11.120Z" }),
  Undo: () => ({ undone: [] }),
  NotifyFailure: () => ({ outcome: "rejected" }),
};

export interface Fixture {
  /** With the prefix and its slash. */
  readonly url: string;
  readonly machines: Machines;
  readonly mailbox: Mailbox;
  readonly avatars: AvatarRow[];
  readonly uploads: UploadRow[];
  readonly thumbnails: Map<string, Uint8Array>;
  readonly errors: unknown[];
  /** Replaces a step's answer for executions that reach it from now on. */
  answer(step: string, answer: Answer): void;
  /** Makes a step wait until the returned function is called. */
  hold(step: string): () => void;
  /** Starts the flow as the event of an uploaded photo does; returns the execution's ARN. */
  upload(studentId: string, fileName?: string): Promise<string>;
  /** Waits until no execution runs. */
  settled(): Promise<void>;
  writeLog(name: string, lines: readonly string[]): void;
  /** Makes a source fail, like a missing table. */
  breakTables(): void;
  /** Cuts every connection, as a restart does. */
  cut(): void;
  close(): Promise<void>;
}

export async function startFixture(options: { readonly pipelines?: number } = {}): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  const answers = new Map(Object.entries(accepted));
  const gates = new Map<string, Promise<void>>();
  const machines = await createMachines({
    identity: { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" },
    storage: folder,
    machines: [
      {
        name: "avatars-flow",
        arn: machineArn,
        roleArn: "arn:aws:iam::000000000000:role/avatars-flow",
        definition: definitionWith(Object.fromEntries(steps.map(({ name }) => [name, lambda + name]))),
      },
    ],
    functions: {
      find: () => undefined,
      async invoke(arn, payload, started) {
        const step = arn.slice(lambda.length);
        started?.();
        await gates.get(step);
        try {
          const output: unknown = await answers.get(step)?.(JSON.parse(payload) as never);
          return { ok: true, payload: JSON.stringify(output ?? null), requestId: "1" };
        } catch (thrown) {
          const { name, message } = thrown as Error;
          const trace = [`${name}: ${message}`, `    at handler (/var/task/__index.js:1:1)`];
          return { ok: false, error: { errorType: name, errorMessage: message, trace }, requestId: "1" };
        }
      },
    },
    authorizer: { authorize: () => undefined },
    emit: () => undefined,
    retryScale: 0,
  });
  const mailbox = await openMailbox({ folder: join(folder, "mail") });
  const avatars: AvatarRow[] = [];
  const uploads: UploadRow[] = [];
  const thumbnails = new Map<string, Uint8Array>();
  const errors: unknown[] = [];
  let areBroken = false;
  const logs = join(folder, "logs");
  mkdirSync(logs);

  const pipeline = (index: number): PipelineSource => ({
    name: index === 0 ? "avatars" : `avatars-${index + 1}`,
    machineArn,
    bucket: "avatars-photos-553e64e",
    siteUrl: "http://127.0.0.1:4566/",
    apiUrl: "http://127.0.0.1:4566/_api/0d5b0b5924",
    sampleCommand:
      "aws --endpoint-url http://127.0.0.1:4566 s3 cp photo.jpg s3://avatars-photos-553e64e/uploads/STUDENT_ID/",
    avatars: () => (areBroken ? Promise.reject(new Error("The table is gone.")) : Promise.resolve(avatars)),
    uploads: () => Promise.resolve(uploads),
    thumbnail: (key) => Promise.resolve(thumbnails.get(key)),
  });
  const handler = createConsole(
    {
      stack: { name: "avatar-pipeline/dev", region: "ap-southeast-1", endpoint: "http://127.0.0.1:4566" },
      pipelines: Array.from({ length: options.pipelines ?? 1 }, (_, index) => pipeline(index)),
      machines,
      mails: mailbox,
      logs: logsIn(logs),
    },
    { onError: (error) => errors.push(error) },
  );
  const server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      errors.push(error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/_console/`,
    machines,
    mailbox,
    avatars,
    uploads,
    thumbnails,
    errors,
    answer: (step, answer) => void answers.set(step, answer),
    hold(step) {
      let release: () => void = () => undefined;
      gates.set(step, new Promise((resolve) => (release = resolve)));
      return () => {
        gates.delete(step);
        release();
      };
    },
    async upload(studentId, fileName = "01KAPHOTO0000000000000000A.jpg") {
      const { arn } = await machines.start(machineArn, JSON.stringify(objectCreated(studentId, fileName)));
      return arn;
    },
    async settled() {
      while (machines.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    writeLog: (name, lines) => writeFileSync(join(logs, `${name}.log`), lines.map((line) => `${line}\n`).join("")),
    breakTables: () => void (areBroken = true),
    cut: () => server.closeAllConnections(),
    async close() {
      await machines.close();
      await mailbox.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function objectCreated(studentId: string, fileName: string): object {
  const key = `uploads/${studentId}/${fileName}`;
  return {
    version: "0",
    source: "aws.s3",
    "detail-type": "Object Created",
    time: "2026-11-23T02:40:07Z",
    detail: { bucket: { name: "avatars-photos-553e64e" }, object: { key, size: 482113, etag: "d41d8cd98f00b204" } },
  };
}

/** A judgement or a fault, as a step throws it. */
export function failure(name: string, message: string): Answer {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
}

export function avatarItem(studentId: string, executionArn: string, more: Partial<AvatarRow> = {}): AvatarRow {
  const uploadId = "01KAPHOTO0000000000000000A";
  return {
    studentId,
    uploadId,
    uploadedAt: "2026-11-23T02:40:07.000Z",
    faceId: "0b1e3c52-6f1f-4d2b-9d0a-8d6f0f5f8c11",
    thumbnails: { "64": `avatars/${studentId}/${uploadId}/64.jpg`, "256": `avatars/${studentId}/${uploadId}/256.jpg` },
    format: "jpeg",
    width: 1200,
    height: 1600,
    bytes: 482113,
    sha256: "9f2c".repeat(16),
    face: { box: { left: 0.31, top: 0.2, width: 0.36, height: 0.41 }, confidence: 99.87 },
    processedAt: "2026-11-23T02:40:11.120Z",
    executionArn,
    replaces: [],
    ...more,
  };
}

export function uploadItem(
  uploadId: string,
  fields: Readonly<Record<string, string>> & { readonly student_id: string; readonly status: string },
): UploadRow {
  const entries = Object.entries({ created_at: "2026-11-23T02:40:07.000Z", ...fields, upload_id: uploadId });
  return readUploadRow(Object.fromEntries(entries.map(([name, value]) => [name, { S: value }])));
}
