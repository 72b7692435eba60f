import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { OpenOptions } from "./service";
import type { Pipeline } from "./pipeline";
import { readStack } from "./stack";

/** A pipeline that photos are imported into, by the operator's own hand: no page, no API. */
export interface ImportTarget {
  readonly names: Pick<Pipeline, "photoBucket" | "avatarTable" | "uploadTable">;
  /** What a report calls it, which no other pipeline is called. */
  readonly pipeline: string;
  /** What its reports have in their own names. */
  readonly reportName: string;
  readonly s3: S3;
  readonly dynamodb: DynamoDB;
  /** Between two looks at an upload's row, in milliseconds. */
  readonly pollMilliseconds: number;
  /** Events undelivered and executions running, where that can be known: with none, nothing more is to come. */
  readonly pending?: () => Promise<number>;
  /** Waits for what the last photos have left to do, such as their notices. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface ClientConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The local mode that has a data folder; one is started where there is none. */
export async function openLocal(
  data: string,
  options: Pick<OpenOptions, "program" | "config" | "pipeline">,
  signal: AbortSignal,
): Promise<ImportTarget> {
  // Now and not before: all the services take a while to load, and a mistake on the command line is told at once.
  const { openService } = await import("./service.js");
  const service = await openService({
    ...options,
    data,
    signal,
    print: (line) => process.stderr.write(`${line}\n`),
  });
  const clients = await openClients(service.clientConfig);
  const { pipeline: chosen, pipelines } = service;
  const isOneOfSeveral = pipelines.length > 1;
  return {
    names: chosen,
    // A bucket's name would not do, as every data folder has the same; nor the folder, where several share it.
    pipeline: isOneOfSeveral ? `${chosen.name} in ${data}` : data,
    reportName: isOneOfSeveral ? `local-${chosen.name}` : "local",
    s3: clients.s3,
    dynamodb: clients.dynamodb,
    pollMilliseconds: 60,
    pending: () => service.pending(),
    idle: () => service.idle(),
    async close() {
      clients.destroy();
      await service.close();
    },
  };
}

/** A pipeline of a stack on AWS, with the credentials that the SDK finds, as the AWS command line does. */
export async function openStack(stack: string, pipeline: string | undefined): Promise<ImportTarget> {
  const { region, output } = await readStack(stack, pipeline, "--local");
  const names = {
    photoBucket: output("photoBucket"),
    avatarTable: output("avatarTable"),
    uploadTable: output("uploadTable"),
  };
  const clients = await openClients(region === undefined ? {} : { region });
  return {
    names,
    // A bucket's name is one stack's alone.
    pipeline: names.photoBucket,
    reportName: pipeline === undefined ? stack : `${stack}-${pipeline}`,
    s3: clients.s3,
    dynamodb: clients.dynamodb,
    // A photo takes some seconds there; with one look a second each costs a few thousandths of a cent.
    pollMilliseconds: 1_000,
    idle: () => Promise.resolve(),
    close() {
      clients.destroy();
      return Promise.resolve();
    },
  };
}

async function openClients(config: ClientConfig): Promise<{ s3: S3; dynamodb: DynamoDB; destroy: () => void }> {
  const [{ S3 }, { DynamoDB }] = await Promise.all([import("@aws-sdk/client-s3"), import("@aws-sdk/client-dynamodb")]);
  // More attempts than the SDK's three: thousands of calls over an hour meet a lost connection sooner or later.
  const [s3, dynamodb] = [new S3({ ...config, maxAttempts: 6 }), new DynamoDB({ ...config, maxAttempts: 6 })];
  return {
    s3,
    dynamodb,
    destroy() {
      s3.destroy();
      dynamodb.destroy();
    },
  };
}
