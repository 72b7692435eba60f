import { isCloudError } from "../../gateway/service";
import { sessionArn } from "../../iam";
import type { DeclaredMachine } from "./declared";
import { stateError } from "./errors";
import { maxTimerMs, type Host, type TaskCall } from "./interpreter";
import type { MachinesState } from "./running";

/** The world as a machine's states reach it: Lambda functions, called in the machine's role, and the clock. */
export function hostOf(state: MachinesState, declared: DeclaredMachine, record: Host["record"]): Host {
  const { functions, authorizer, retryScale, waitScale } = state;
  const caller = { kind: "role", arn: sessionArn(declared.roleArn, declared.name) } as const;
  return {
    record,
    now: () => new Date(),
    random: Math.random,
    pause: (milliseconds, why, signal) => pause(milliseconds * (why === "retry" ? retryScale : waitScale), signal),
    async task(call, started) {
      const { functionName, payload, wrap } = invocationOf(call);
      const arn = functions.find(functionName)?.arn ?? functionName;
      try {
        authorizer.authorize(caller, "lambda:InvokeFunction", arn);
      } catch (error) {
        throw isCloudError(error) ? stateError("Lambda.AWSLambdaException", error.message) : error;
      }
      try {
        const result = await functions.invoke(functionName, JSON.stringify(payload), started);
        if (!result.ok) throw stateError(result.error.errorType, JSON.stringify(result.error));
        const output: unknown = JSON.parse(result.payload);
        return wrap ? { ExecutedVersion: "$LATEST", Payload: output, StatusCode: 200 } : output;
      } catch (error) {
        throw isCloudError(error) ? stateError(`Lambda.${error.code}`, error.message) : error;
      }
    },
  };
}

/** A function's ARN runs it with the state's input; the `lambda:invoke` integration names function and payload. */
function invocationOf({ resource, input, state }: TaskCall): {
  readonly functionName: string;
  readonly payload: unknown;
  readonly wrap: boolean;
} {
  if (/^arn:[^:]+:lambda:/.test(resource)) return { functionName: resource, payload: input, wrap: false };
  if (/^arn:[^:]+:states:[^:]*:[^:]*:lambda:invoke$/.test(resource)) {
    const { FunctionName, Payload } = (input ?? {}) as { FunctionName?: unknown; Payload?: unknown };
    return { functionName: String(FunctionName), payload: Payload ?? {}, wrap: true };
  }
  const cause = `The local mode runs Lambda functions, not ${resource}, which the state '${state}' asks for.`;
  throw stateError("States.TaskFailed", `NotImplemented: ${cause}`);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, maxTimerMs));
    signal.addEventListener("abort", done, { once: true });
  });
}
