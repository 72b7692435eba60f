import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Pipeline } from "./pipeline";
import { findProgram } from "./program-file";
import type { Service } from "./running";
import { usageError } from "./usage";

/** A pipeline that photos are imported into, by the operator's own hand: no page, no API. */
export interface ImportTarget {
  readonly names: Pick<Pipeline, "photoBucket" | "avatarTable" | "uploadTable">;
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
export async function openLocal(data: string, programFile: string | undefined): Promise<ImportTarget> {
  // Now and not before: all the services take a while to load, and a mistake on the command line is told at once.
  const { findRunning, serviceOf, factsRoute } = await import("./running.js");
  const running = await findRunning(data);
  if (running) return localTarget(running, { idle: () => Promise.resolve(), close: () => Promise.resolve() });
  const program = findProgram(programFile);
  const [{ startCloud }, { evaluateProgram }] = await Promise.all([
    import("../cloud/index.js"),
    import("../program/evaluate.js"),
  ]);
  const cloud = await startCloud({
    port: 0,
    data,
    graph: () => evaluateProgram({ program, cache: resolve(data, "program") }),
    fallbackEmail: (topic) => `${topic}@inbox.local`,
    routes: (parts) => [factsRoute(parts)],
    onWarning: (line) => process.stderr.write(`${line}\n`),
  });
  return localTarget(serviceOf(cloud), cloud);
}

async function localTarget(service: Service, owner: Pick<ImportTarget, "idle" | "close">): Promise<ImportTarget> {
  const { pipeline: names, clientConfig } = service;
  const clients = await openClients(clientConfig);
  return {
    names,
    s3: clients.s3,
    dynamodb: clients.dynamodb,
    pollMilliseconds: 60,
    pending: () => service.pending(),
    idle: () => owner.idle(),
    async close() {
      clients.destroy();
      await owner.close();
    },
  };
}

/** A stack on AWS, with the credentials that the SDK finds, as the AWS command line does. */
export async function openStack(stack: string): Promise<ImportTarget> {
  const { outputs, region } = await readStack(stack);
  const name = (output: string): string => {
    const value = outputs[output];
    if (typeof value === "string") return value;
    throw usageError(`--stack ${stack} has no output ${output}; export it from the program and run pulumi up.`);
  };
  const names = {
    photoBucket: name("photoBucket"),
    avatarTable: name("avatarTable"),
    uploadTable: name("uploadTable"),
  };
  const clients = await openClients(region === undefined ? {} : { region });
  return {
    names,
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

/** Asks the Pulumi CLI, which knows where the stack's state is. */
async function readStack(stack: string): Promise<{ outputs: Record<string, unknown>; region: string | undefined }> {
  const pulumi = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"]);
    return stdout.trim();
  };
  try {
    const outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
    return { outputs, region: await pulumi("config", "get", "aws:region").catch(() => undefined) };
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") {
      throw usageError(
        "--stack needs the Pulumi CLI, and there is no `pulumi` on the PATH; install it, or use --local.",
      );
    }
    throw usageError(`--stack ${stack}: ${stderr?.trim().split("\n")[0] ?? String(error)}`);
  }
}
