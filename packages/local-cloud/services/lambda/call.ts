import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call, FaultInjector } from "../../faults";
import type { FunctionError, InvokeResult } from "./declared";
import { acquire, release, type Pool } from "./pool";
import type { CallOutcome, Sandbox } from "./sandbox";

export interface CallOptions {
  readonly faults: FaultInjector | undefined;
  /** Receives the lines that Lambda itself writes to the function's log, without the function's name. */
  readonly log: (line: string) => void;
  /** Called when a process accepts the event. */
  readonly started: (() => void) | undefined;
}

/**
 * Runs one event in a process of the pool, with the faults that are scripted for this call.
 *
 * @throws CloudError with which the fault script refuses the call
 */
export async function callFunction(pool: Pool, payload: string, options: CallOptions): Promise<InvokeResult> {
  const { declared } = pool;
  const { faults, log, started } = options;
  const requestId = randomUUID();
  const call: Call = { service: "lambda", operation: "Invoke", caller: declared.name };
  const injected = faults?.active ? faults.decide(call) : undefined;
  if (injected && injected.delayMilliseconds > 0) await sleep(injected.delayMilliseconds);
  if (injected?.refusal) throw injected.refusal;
  const sandbox = await acquire(pool);
  started?.();
  try {
    if (injected?.kill === "before") return lost(sandbox, requestId, log);
    log(`START RequestId: ${requestId} Version: $LATEST`);
    const outcome = await sandbox.call({ requestId, payload, arn: declared.arn, traceId: traceId() });
    report(declared.memorySize, requestId, outcome, log);
    if (injected?.kill === "after" || injected?.dropAnswer) return lost(sandbox, requestId, log);
    return { ...outcome.result, requestId };
  } finally {
    release(pool, sandbox);
  }
}

/** The process died, as if its machine had: with or without the effects of the call, the answer is lost. */
function lost(sandbox: Sandbox, requestId: string, log: CallOptions["log"]): InvokeResult {
  sandbox.kill();
  const error: FunctionError = {
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  };
  log(error.errorMessage);
  return { ok: false, error, requestId };
}

/** The lines with which Lambda ends a call in the function's log. */
function report(memorySize: number, requestId: string, outcome: CallOutcome, log: CallOptions["log"]): void {
  const { durationMs, initMs, maxMemoryMB, result } = outcome;
  if (!result.ok && /^(Sandbox|Runtime)\./.test(result.error.errorType)) log(result.error.errorMessage);
  log(`END RequestId: ${requestId}`);
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memorySize} MB`,
    `Max Memory Used: ${maxMemoryMB} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
  ];
  log(parts.join("\t"));
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=0`;
}
