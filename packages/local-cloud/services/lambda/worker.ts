/**
 * Runs inside the process of one function, in place of Lambda's Node.js runtime: loads the handler, calls it with one
 * event at a time, and reports results and errors in the runtime's own shapes.
 *
 * It uses no package, and nothing of this repository at run time, so that a function finds only its own files.
 */
import { readFileSync, realpathSync } from "node:fs";
import Module from "node:module";
import { join, sep } from "node:path";
import { format } from "node:util";
import type { FunctionError, InvokeMessage, WorkerMessage } from "./declared";

type Handler = (event: unknown, context: object, callback: (error: unknown, result: unknown) => void) => unknown;

// Without links, as Node.js names modules.
const root = realpathSync(process.env["LAMBDA_TASK_ROOT"] ?? process.cwd());
let current: InvokeMessage | undefined;

/** Node.js looks for packages in every folder above a file; on Lambda there is nothing above /var/task. */
function cutModulePathsAtRoot(): void {
  const internal = Module as unknown as { _nodeModulePaths(from: string): string[] };
  const original = internal._nodeModulePaths.bind(internal);
  internal._nodeModulePaths = (from) => {
    const paths = original(from);
    return from === root || from.startsWith(root + sep) ? paths.filter((path) => path.startsWith(root + sep)) : paths;
  };
}

/** `time TAB request id TAB level TAB text`, as the runtime writes it; inner line breaks would split the entry. */
function formatConsole(): void {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" } as const;
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, string][]) {
    console[method] = (...values: unknown[]) => {
      const text = format(...values).replace(/\n/g, "\r");
      process.stdout.write(`${new Date().toISOString()}\t${current?.requestId ?? "undefined"}\t${level}\t${text}\n`);
    };
  }
}

function isErrorLike(value: unknown): value is Error {
  const { name, message, stack } = (value ?? {}) as Partial<Error>;
  return typeof name === "string" && typeof message === "string" && typeof stack === "string";
}

function describe(error: unknown): FunctionError {
  if (isErrorLike(error)) {
    return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** The peak memory of this process, in MB, as Lambda's report counts it. */
function maxMemoryMB(): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"));
    if (peak) return Math.ceil(Number(peak[1]) / 1024);
  } catch {
    // No /proc: not Linux.
  }
  return Math.ceil(process.memoryUsage.rss() / 1024 / 1024);
}

function send(message: WorkerMessage, then?: () => void): void {
  process.send?.(message, undefined, undefined, () => then?.());
}

function load(): Handler {
  const [file = "", ...path] = (process.env["_HANDLER"] ?? "").split(".");
  const name = path.join(".");
  let exported: unknown;
  try {
    exported = Module.createRequire(join(root, "noop.js"))(join(root, file));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "MODULE_NOT_FOUND") {
      throw Object.assign(new Error(format(error).split("\n    at ")[0]), { name: "Runtime.ImportModuleError" });
    }
    if (error instanceof SyntaxError) throw Object.assign(error, { name: "Runtime.UserCodeSyntaxError" });
    throw error;
  }
  const handler = path.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], exported);
  if (typeof handler !== "function") {
    const message = `${file}.${name} is ${handler === undefined ? "undefined or not exported" : "not a function"}`;
    throw Object.assign(new Error(message), { name: "Runtime.HandlerNotFound" });
  }
  return handler as Handler;
}

function contextOf(message: InvokeMessage, done: (error: unknown, result?: unknown) => void): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: "$LATEST",
    invokedFunctionArn: message.arn,
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    awsRequestId: message.requestId,
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
    getRemainingTimeInMillis: () => message.deadline - Date.now(),
    done,
    fail: (error: unknown) => done(error ?? "handled"),
    succeed: (result: unknown) => done(null, result),
  };
}

/** Promise, callback or context method: the handler's first answer counts. */
function call(handler: Handler, message: InvokeMessage): Promise<unknown> {
  return new Promise((fulfil, reject) => {
    const done = (error: unknown, result?: unknown): void => {
      if (error === null || error === undefined) fulfil(result);
      // Lambda reports whatever a handler rejects with, an Error or not.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
      else reject(error);
    };
    const answer = handler(JSON.parse(message.payload), contextOf(message, done), done);
    if (typeof (answer as PromiseLike<unknown> | undefined)?.then === "function") fulfil(answer);
    // A handler of fewer than three parameters has no callback to answer with.
    else if (handler.length < 3) fulfil(answer);
  });
}

function stringify(result: unknown): string {
  try {
    // For a function or a symbol it returns undefined, which its type does not show.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- see above
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch (error) {
    const message = `Unable to stringify response body: ${error instanceof Error ? error.message : String(error)}`;
    throw Object.assign(new Error(message), { name: "Runtime.MarshalError" });
  }
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  current = message;
  process.env["_X_AMZN_TRACE_ID"] = message.traceId;
  const { requestId } = message;
  try {
    const payload = stringify(await call(handler, message));
    send({ kind: "result", requestId, payload, maxMemoryMB: maxMemoryMB() });
  } catch (error) {
    const described = describe(error);
    console.error("Invoke Error", JSON.stringify({ ...described, stack: described.trace }));
    send({ kind: "error", requestId, error: described, maxMemoryMB: maxMemoryMB(), fatal: false });
  }
}

/** An error that nobody awaits ends the process, after the invocation under way has been answered. */
function fatal(error: FunctionError): void {
  const requestId = current?.requestId;
  console.error("Invoke Error", JSON.stringify(error));
  if (requestId === undefined) send({ kind: "init-error", error }, () => process.exit(1));
  else send({ kind: "error", requestId, error, maxMemoryMB: maxMemoryMB(), fatal: true }, () => process.exit(1));
}

process.on("uncaughtException", (error) => fatal(describe(error)));
process.on("unhandledRejection", (reason) => {
  const { errorMessage, errorType, trace } = describe(reason);
  const message = errorType === "string" ? errorMessage : `${errorType}: ${errorMessage}`;
  fatal({ errorType: "Runtime.UnhandledPromiseRejection", errorMessage: message, trace: trace ?? [] });
});
// The host is gone, for any reason: nobody is left to answer.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group; the host decides the order of shutdown.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);

cutModulePathsAtRoot();
formatConsole();
try {
  const handler = load();
  process.on("message", (message: InvokeMessage) => void answer(handler, message));
  send({ kind: "ready" });
} catch (error) {
  const described = describe(error);
  console.error("Uncaught Exception", JSON.stringify(described));
  send({ kind: "init-error", error: described }, () => process.exit(1));
}
