import { Lambda, type LambdaClientConfig } from "@aws-sdk/client-lambda";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { holderOf } from "pulumi-local-cloud/storage/lock";
import { DEFAULT_DATA } from "../commands/local";
import { findProgram } from "./program-file";
import { readStack } from "./stack";
import { readConfig, readData, usageError } from "../command";

/** The options that say where a pipeline is, for `node:util`'s parseArgs. */
export const whereaboutsOptions = {
  data: { type: "string" },
  program: { type: "string" },
  config: { type: "string", multiple: true },
  pipeline: { type: "string" },
  stack: { type: "string" },
} as const;

/** Where a pipeline is: a data folder of the local mode, or a stack on AWS. */
export interface Whereabouts {
  /** The data folder; used when no stack is named. */
  readonly data: string;
  /** The program's entry file, by default the project's; used, with `config`, where no local mode runs yet. */
  readonly program: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  /** A stack's name, as `pulumi stack ls` shows it. */
  readonly stack: string | undefined;
  /** The pipeline's name, where the program has several; of a stack, that of the output with its names. */
  readonly pipeline: string | undefined;
}

/**
 * Reads {@link whereaboutsOptions}.
 *
 * @throws UsageError when one names a stack on AWS and another a local pipeline, or there is no such program
 */
export function readWhereabouts(given: {
  readonly data?: string | undefined;
  readonly program?: string | undefined;
  readonly config?: readonly string[] | undefined;
  readonly pipeline?: string | undefined;
  readonly stack?: string | undefined;
}): Whereabouts {
  const { data = DEFAULT_DATA, program, config = [], pipeline, stack } = given;
  for (const option of ["data", "program", "config"] as const) {
    if (stack === undefined || given[option] === undefined) continue;
    throw usageError(`--${option} is for a local pipeline and --stack for one on AWS; give one of them.`);
  }
  return {
    data: readData(data),
    program: program === undefined ? undefined : findProgram(program),
    config: readConfig(config),
    stack,
    pipeline,
  };
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
    const { region, output } = await readStack(where.stack, where.pipeline, "--data");
    // With the credentials that the SDK finds, as the AWS command line does.
    return invoke<Output>({ ...(region === undefined ? {} : { region }) }, output(which), input);
  }
  // A folder without one would be made one, hold nothing, and a receipt or report would say so untruly.
  if (holderOf(where.data) === undefined && !existsSync(join(where.data, MARK))) {
    throw usageError(`There is no local pipeline in ${where.data}; give its data folder with --data DIR.`);
  }
  const { openService } = await import("./service.js");
  const { data, program, config, pipeline } = where;
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const service = await openService({ data, program, config, pipeline, print });
  try {
    const output = await invoke<Output>(service.clientConfig, service.pipeline[which], input);
    // Reconciling may have started executions.
    await service.idle();
    return output;
  } finally {
    await service.close();
  }
}

/** What the local mode makes in every data folder, before anything else is kept there. */
const MARK = "buckets";

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
