import { Lambda } from "@aws-sdk/client-lambda";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { holderOf } from "pulumi-local-cloud/storage/lock";
import { usageError } from "../usage-error";
import type { Place } from "./place";
import { openTarget, type ResourceName, type Target } from "./target";

/** The operators' functions, by the output that names each. */
export type OperatorFunction = Extract<ResourceName, `${string}FunctionName`>;

/** The local mode creates this in every data folder before it stores anything else there. */
const mark = "buckets";

/**
 * Opens a pipeline that already holds data, for the duration of some work.
 *
 * @throws UsageError if there is no such pipeline
 */
export async function withHeld<Result>(place: Place, work: (target: Target) => Promise<Result>): Promise<Result> {
  // A new folder would be empty, and the receipt or report would claim the same of data that is elsewhere.
  if (place.is === "local" && holderOf(place.data) === undefined && !existsSync(join(place.data, mark))) {
    throw usageError(`There is no local pipeline in ${place.data}; give its data folder with --data DIR.`);
  }
  const target = await openTarget(place, { print: (line) => process.stderr.write(`${line}\n`) });
  try {
    const result = await work(target);
    // Reconciling may have started executions.
    await target.idle();
    return result;
  } finally {
    await target.close();
  }
}

/**
 * Calls one of the operators' functions, and returns its output.
 *
 * @throws Error with the function's own message if it fails
 */
export async function callOperator<Output>(target: Target, which: OperatorFunction, input: unknown): Promise<Output> {
  const functionName = target.resource(which);
  // One attempt: the function may run for a quarter of an hour, and a second run in parallel would not help.
  const lambda = new Lambda({ ...target.clientConfig, maxAttempts: 1 });
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
