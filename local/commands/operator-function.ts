import { Lambda, type LambdaClientConfig } from "@aws-sdk/client-lambda";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { evaluateProgram } from "../program/evaluate";
import { findProgram } from "./program-file";
import { usageError } from "./usage";

/** Where a pipeline is: a data folder of the local mode, or a stack on AWS. */
export interface Whereabouts {
  /** The data folder; used when no stack is named. */
  readonly data: string;
  /** A stack's name, as `pulumi stack ls` shows it. */
  readonly stack: string | undefined;
}

/** The operator's functions by the stack outputs that name them. */
export type OperatorFunction = "reconcileFunctionName" | "eraseStudentFunctionName";

/**
 * Calls one of the operator's functions, on AWS or in the local mode, and gives back what it answers.
 *
 * Locally a running local mode is used; where there is none, one is started on the folder for this call.
 *
 * @throws Error with the function's own message when it fails
 */
export async function callOperatorFunction<Output>(
  where: Whereabouts,
  which: OperatorFunction,
  input: unknown,
): Promise<Output> {
  if (where.stack !== undefined) {
    const { functionName, region } = await onStack(where.stack, which);
    // With the credentials that the SDK finds, as the AWS command line does.
    return invoke<Output>({ ...(region === undefined ? {} : { region }) }, functionName, input);
  }
  // A folder that is only now made would hold nothing, and a receipt or report about it would say so untruly.
  if (!existsSync(where.data)) {
    throw usageError(`There is no local pipeline in ${where.data}; give its data folder with --data DIR.`);
  }
  const { findRunning, serviceOf, factsRoute } = await import("./running.js");
  const running = await findRunning(where.data);
  if (running) return invoke<Output>(running.clientConfig, running.pipeline[which], input);
  const { startCloud } = await import("../cloud/index.js");
  const program = findProgram(undefined);
  const cloud = await startCloud({
    port: 0,
    data: where.data,
    graph: () => evaluateProgram({ program, cache: resolve(where.data, "program") }),
    routes: (parts) => [factsRoute(parts)],
    onWarning: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const service = serviceOf(cloud);
    const output = await invoke<Output>(service.clientConfig, service.pipeline[which], input);
    // Reconciling may have started executions.
    await cloud.idle();
    return output;
  } finally {
    await cloud.close();
  }
}

async function invoke<Output>(config: LambdaClientConfig, functionName: string, input: unknown): Promise<Output> {
  // One attempt: the function may run for a quarter of an hour, and a second one beside it would help nobody.
  const lambda = new Lambda({ ...config, maxAttempts: 1 });
  try {
    const answer = await lambda.invoke({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) });
    const text = Buffer.from(answer.Payload ?? []).toString();
    if (answer.FunctionError === undefined) return JSON.parse(text) as Output;
    const { errorMessage, errorType } = JSON.parse(text) as { errorMessage?: string; errorType?: string };
    throw new Error(errorMessage ?? errorType ?? `The function ${functionName} failed: ${text}`);
  } finally {
    lambda.destroy();
  }
}

/** Asks the Pulumi CLI, which knows where the stack's state is, for the function's name and the region. */
async function onStack(
  stack: string,
  which: OperatorFunction,
): Promise<{ functionName: string; region: string | undefined }> {
  const pulumi = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"]);
    return stdout.trim();
  };
  let outputs: Record<string, unknown>;
  try {
    outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") {
      throw usageError(
        "--stack needs the Pulumi CLI, and there is no `pulumi` on the PATH; install it, or use --data.",
      );
    }
    throw usageError(`--stack ${stack}: ${stderr?.trim().split("\n")[0] ?? String(error)}`);
  }
  const functionName = outputs[which];
  if (typeof functionName !== "string") {
    throw usageError(`--stack ${stack} has no output ${which}; export it from the program and run pulumi up.`);
  }
  const region = await pulumi("config", "get", "aws:region").catch(() => undefined);
  return { functionName, region };
}
