import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Rekognition } from "@aws-sdk/client-rekognition";
import { S3 } from "@aws-sdk/client-s3";
import { SFN } from "@aws-sdk/client-sfn";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { avatarTableKey, everyAvatar, type AvatarRow } from "../../../handlers/stores/avatars";
import { everyVersion } from "../../../handlers/stores/photos";
import { everyUpload, uploadTableKey, type UploadRow } from "../../../handlers/stores/uploads";
import { startGateway } from "../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore } from "../../../packages/local-cloud/iam";
import { readRoles } from "../../../packages/local-cloud/iam/graph";
import { readFunctions } from "../../../packages/local-cloud/services/lambda/graph";
import { createFunctionRuntime } from "../../../packages/local-cloud/services/lambda/runtime";
import { rekognitionService } from "../../../packages/local-cloud/services/rekognition";
import { scriptedEngine } from "../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { readMachines } from "../../../packages/local-cloud/services/states/graph";
import { programGraph, type StackNames } from "../../support/with-cloud";
import { startMoto, type Outcome } from "./server";

/** How an execution ended, and the states that it entered. */
export interface Flow {
  readonly status: string;
  readonly states: readonly string[];
}

/**
 * The program's functions and machine in moto: S3, DynamoDB, SNS, SQS, Lambda's API and Step Functions are moto's. Faces
 * are compared by the local Rekognition, which reads photos from moto's S3, since moto's answers are canned.
 */
export interface MotoWorld {
  readonly names: StackNames;
  /** Stores a photo; resolves with the event that S3 sends for it. */
  put(key: string, body: Buffer): Promise<object>;
  /** Runs the machine to its end. */
  flow(input: object): Promise<Flow>;
  /** Runs one function outside the machine. */
  invoke(step: string, input: object): Promise<unknown>;
  /** Makes a function fail with an error of this name until it is called with undefined. */
  fail(step: string, error: string | undefined, times?: number): void;
  uploads(): Promise<UploadRow[]>;
  avatars(): Promise<AvatarRow[]>;
  keys(prefix: string): Promise<string[]>;
  faces(): Promise<string[]>;
  /** The subjects and texts that were published since the last call. */
  notices(): Promise<string[]>;
  close(): Promise<void>;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function listed<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

const kebab = (step: string) => step.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

export async function startMotoWorld(): Promise<MotoWorld> {
  const graph = await programGraph();
  const names = graph.stackOutputs as unknown as StackNames & { successTopicArn: string; failureTopicArn: string };
  const { partition, region, accountId } = graph;
  const identity = { partition, region, accountId };
  const folder = mkdtempSync(join(tmpdir(), "judges-moto-"));
  const faults = new Map<string, { error: string; times: number }>();
  const functions = readFunctions(graph);
  const nameOf = (step: string) => {
    const found = functions.find(({ name }) => new RegExp(`^avatars-${kebab(step)}-[0-9a-f]{7}$`).test(name));
    if (found === undefined) throw new Error(`The program has no function of ${step}.`);
    return found.name;
  };

  const run = async (name: string, payload: string): Promise<Outcome> => {
    const fault = faults.get(name);
    if (fault !== undefined && fault.times > 0) {
      fault.times--;
      return { failed: true, payload: JSON.stringify({ errorType: fault.error, errorMessage: "planted" }) };
    }
    const result = await runtime.invoke(name, payload);
    return result.ok
      ? { failed: false, payload: result.payload }
      : { failed: true, payload: JSON.stringify(result.error) };
  };
  const moto = await startMoto(accountId, run);
  const operator = { accessKeyId: "local", secretAccessKey: "local" };
  const config = { endpoint: moto.url, region, credentials: operator };
  const s3 = new S3({ ...config, forcePathStyle: true });
  const [dynamodb, sfn, sns, sqs] = [new DynamoDB(config), new SFN(config), new SNS(config), new SQS(config)];

  const credentials = createCredentialStore({ identity, secret: operator.secretAccessKey });
  const gateway = await startGateway({
    port: 0,
    identity,
    credentials,
    authorizer: createAuthorizer({ identity, roles: readRoles(graph), resourcePolicies: [] }),
    services: [
      rekognitionService({
        identity,
        engine: scriptedEngine(),
        storage: join(folder, "faces"),
        collections: [names.faceCollectionId],
        async readObject(_request, Bucket, Key, VersionId) {
          const { Body: body } = await s3.getObject({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) });
          return Buffer.from((await body?.transformToByteArray()) ?? []);
        },
      }),
    ],
  });
  const rekognition = new Rekognition({ ...config, endpoint: gateway.url });
  const runtime = createFunctionRuntime({
    identity,
    storage: join(folder, "lambda"),
    functions: functions.map((declared) => ({
      ...declared,
      environment: { ...declared.environment, AWS_ENDPOINT_URL_REKOGNITION: gateway.url },
    })),
    credentials,
    endpoint: moto.url,
    packagesFrom: [process.cwd()],
    maxProcesses: 2,
  });

  await s3.createBucket({
    Bucket: names.photoBucket,
    CreateBucketConfiguration: { LocationConstraint: region as "ap-southeast-1" },
  });
  await s3.putBucketVersioning({ Bucket: names.photoBucket, VersioningConfiguration: { Status: "Enabled" } });
  for (const [TableName, key] of [
    [names.uploadTable, uploadTableKey],
    [names.avatarTable, avatarTableKey],
  ] as const) {
    await dynamodb.createTable({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
      KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
    });
  }
  const { QueueUrl: inbox } = await sqs.createQueue({ QueueName: "inbox" });
  const inboxArn = `arn:${partition}:sqs:${region}:${accountId}:inbox`;
  for (const topic of [names.successTopicArn, names.failureTopicArn]) {
    await sns.createTopic({ Name: topic.split(":").at(-1) });
    await sns.subscribe({ TopicArn: topic, Protocol: "sqs", Endpoint: inboxArn });
  }
  const [machine] = readMachines(graph);
  if (machine === undefined) throw new Error("The program has no machine.");
  await sfn.createStateMachine({
    name: machine.name,
    roleArn: machine.roleArn,
    // The wait for functions that outlive their execution: here none does.
    definition: machine.definition.replace(/"Seconds":\s*65/, '"Seconds":1'),
  });

  async function flow(input: object): Promise<Flow> {
    const { executionArn } = await sfn.startExecution({
      stateMachineArn: names.stateMachineArn,
      // moto names every execution without a name alike.
      name: randomUUID(),
      input: JSON.stringify(input),
    });
    for (;;) {
      const { status = "" } = await sfn.describeExecution({ executionArn });
      if (status !== "RUNNING") {
        const { events = [] } = await sfn.getExecutionHistory({ executionArn, maxResults: 1000 });
        return { status, states: events.flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []) };
      }
      await pause(50);
    }
  }

  return {
    names,
    flow,
    async put(key, body) {
      const { ETag: tag = "", VersionId: version } = await s3.putObject({
        Bucket: names.photoBucket,
        Key: key,
        Body: body,
      });
      const object = { key, size: body.length, etag: tag.replaceAll('"', ""), "version-id": version, sequencer: "1" };
      return {
        version: "0",
        id: "1",
        "detail-type": "Object Created",
        source: "aws.s3",
        account: accountId,
        time: `${new Date().toISOString().slice(0, 19)}Z`,
        region,
        resources: [`arn:${partition}:s3:::${names.photoBucket}`],
        detail: { version: "0", bucket: { name: names.photoBucket }, object, reason: "PutObject" },
      };
    },
    async invoke(step, input) {
      const { failed, payload } = await run(nameOf(step), JSON.stringify(input));
      if (failed) throw new Error(payload);
      return JSON.parse(payload) as unknown;
    },
    fail(step, error, times = Infinity) {
      if (error === undefined) faults.delete(nameOf(step));
      else faults.set(nameOf(step), { error, times });
    },
    uploads: () => listed(everyUpload(dynamodb, names.uploadTable)),
    avatars: () => listed(everyAvatar(dynamodb, names.avatarTable)),
    async keys(prefix) {
      const found: string[] = [];
      for await (const { key } of everyVersion(s3, names.photoBucket, prefix)) found.push(key);
      return found;
    },
    async faces() {
      const { Faces: faces = [] } = await rekognition.listFaces({ CollectionId: names.faceCollectionId });
      return faces.map(({ ExternalImageId: name = "" }) => name);
    },
    async notices() {
      const found: string[] = [];
      for (;;) {
        const { Messages: messages = [] } = await sqs.receiveMessage({ QueueUrl: inbox, MaxNumberOfMessages: 10 });
        if (messages.length === 0) return found;
        for (const { Body: body = "{}", ReceiptHandle: receipt } of messages) {
          const { Subject: subject, Message: text } = JSON.parse(body) as { Subject: string; Message: string };
          found.push(`${subject}\n${text}`);
          await sqs.deleteMessage({ QueueUrl: inbox, ReceiptHandle: receipt });
        }
      }
    },
    async close() {
      await runtime.close();
      await gateway.close();
      await moto.close();
      for (const client of [s3, dynamodb, sfn, sns, sqs, rekognition]) client.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
