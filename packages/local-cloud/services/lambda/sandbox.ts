import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeclaredFunction, FunctionError, InvokeMessage, WorkerMessage } from "./declared";

/** The outcome of one call, and its cost. */
export interface CallOutcome {
  readonly result:
    { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly error: FunctionError };
  readonly durationMs: number;
  /** Time to load the function, only in the first call of a process. */
  readonly initMs?: number;
  readonly maxMemoryMB: number;
}

export interface SandboxOptions {
  readonly declared: DeclaredFunction;
  readonly environment: NodeJS.ProcessEnv;
  readonly root: string;
  /** Whole lines of the function's output. */
  readonly onLine: (line: string) => void;
}

/** Interval at which the memory of a working process is checked. */
const memoryPollMs = 50;
const pageBytes = 4096;
/** Lambda gives a function ten seconds to load; a laptop that runs everything at once gets more. */
const initTimeoutMs = 30_000;

/**
 * One execution environment of a function: a process that is kept warm and takes one event at a time.
 *
 * It ends for good if a call times out or takes more memory than declared, or if its process dies; the function then
 * gets a new one.
 */
export class Sandbox {
  readonly id = randomUUID();
  busy = false;
  /** The time when it last accepted a call, or became free, in milliseconds since 1970. */
  since = Date.now();
  private readonly child: ChildProcess;
  private readonly startedAt = performance.now();
  private readonly loaded: Promise<FunctionError | undefined>;
  private readonly exited: Promise<string>;
  private initReported = false;
  private peakMB = 0;
  private dead = false;
  private killedFor: FunctionError | undefined;

  constructor(private readonly options: SandboxOptions) {
    const { declared, environment, root, onLine } = options;
    this.child = fork(join(__dirname, "worker.js"), [], {
      cwd: root,
      env: environment,
      execArgv: [`--max-old-space-size=${Math.max(32, Math.floor(declared.memorySize * 0.9))}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "json",
    });
    for (const stream of [this.child.stdout, this.child.stderr]) if (stream) eachLine(stream, onLine);
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => {
        this.dead = true;
        resolve(signal === null ? `exit status ${code}` : `signal: ${signal === "SIGKILL" ? "killed" : signal}`);
      });
      this.child.once("error", (error) => {
        this.dead = true;
        resolve(error.message);
      });
    });
    this.loaded = new Promise((resolve) => {
      const onMessage = (message: WorkerMessage): void => {
        if (message.kind === "ready") resolve(undefined);
        else if (message.kind === "init-error") {
          this.dead = true;
          resolve(message.error);
        } else return;
        this.child.off("message", onMessage);
      };
      this.child.on("message", onMessage);
      void this.exited.then((how) => resolve(this.exitError("", how)));
    });
  }

  get alive(): boolean {
    return !this.dead;
  }

  /** Resident memory in MB right now, 0 if the system does not report it. */
  get memoryMB(): number {
    return residentMB(this.child.pid);
  }

  /** Runs one event. Never rejects: any failure of the process becomes an error as Lambda reports it. */
  async call(message: Omit<InvokeMessage, "deadline">): Promise<CallOutcome> {
    const { declared } = this.options;
    const initError = await this.untilLoaded();
    this.since = Date.now();
    const started = performance.now();
    const initMs = this.initReported ? undefined : started - this.startedAt;
    this.initReported = true;
    const outcome = (result: CallOutcome["result"], maxMemoryMB = 0): CallOutcome => {
      this.peakMB = Math.max(this.peakMB, maxMemoryMB);
      const durationMs = performance.now() - started;
      return { result, durationMs, maxMemoryMB: this.peakMB, ...(initMs === undefined ? {} : { initMs }) };
    };
    if (initError) {
      this.kill();
      return outcome({ ok: false, error: initError });
    }
    const stopMemoryWatch = this.watchMemory(message.requestId);
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<CallOutcome>((resolve) => {
      timer = setTimeout(() => {
        const errorMessage = `RequestId: ${message.requestId} Error: Task timed out after ${declared.timeout.toFixed(2)} seconds`;
        this.kill();
        resolve(outcome({ ok: false, error: { errorType: "Sandbox.Timedout", errorMessage } }));
      }, declared.timeout * 1000);
    });
    const answered = this.answerTo(message.requestId).then((answer) =>
      answer.kind === "result"
        ? outcome({ ok: true, payload: answer.payload }, answer.maxMemoryMB)
        : outcome({ ok: false, error: answer.error }, answer.maxMemoryMB),
    );
    const died = this.exited.then((how) =>
      outcome({ ok: false, error: this.killedFor ?? this.exitError(message.requestId, how) }),
    );
    this.child.send(
      { ...message, deadline: Date.now() + declared.timeout * 1000 } satisfies InvokeMessage,
      () => undefined,
    );
    try {
      return await Promise.race([timedOut, answered, died]);
    } finally {
      clearTimeout(timer);
      stopMemoryWatch();
    }
  }

  /** Ends the process at once. */
  kill(): void {
    this.dead = true;
    this.child.kill("SIGKILL");
  }

  /** Ends the process, and waits until it is gone. */
  async close(): Promise<void> {
    this.kill();
    await this.exited;
  }

  private async untilLoaded(): Promise<FunctionError | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<FunctionError>((resolve) => {
      const seconds = initTimeoutMs / 1000;
      const error = { errorType: "Sandbox.Timedout", errorMessage: `Init timed out after ${seconds} seconds` };
      timer = setTimeout(() => resolve(error), initTimeoutMs);
    });
    try {
      return await Promise.race([this.loaded, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  private answerTo(requestId: string): Promise<Extract<WorkerMessage, { requestId: string }>> {
    return new Promise((resolve) => {
      const onMessage = (message: WorkerMessage): void => {
        if (!("requestId" in message) || message.requestId !== requestId) return;
        this.child.off("message", onMessage);
        if (message.kind === "error" && message.fatal) this.dead = true;
        resolve(message);
      };
      this.child.on("message", onMessage);
      void this.exited.then(() => this.child.off("message", onMessage));
    });
  }

  /** Lambda ends an environment that takes more than the declared memory; so does this, if the system reports it. */
  private watchMemory(requestId: string): () => void {
    const timer = setInterval(() => {
      const megabytes = this.memoryMB;
      this.peakMB = Math.max(this.peakMB, megabytes);
      if (megabytes <= this.options.declared.memorySize) return;
      this.killedFor = this.exitError(requestId, "signal: killed");
      this.options.onLine(
        `RequestId: ${requestId} Error: memory ${megabytes} MB is above the declared ${this.options.declared.memorySize} MB`,
      );
      this.kill();
    }, memoryPollMs);
    return () => clearInterval(timer);
  }

  private exitError(requestId: string, how: string): FunctionError {
    const reason = how === "exit status 0" ? "exited without providing a reason" : `exited with error: ${how}`;
    return { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: Runtime ${reason}` };
  }
}

function residentMB(pid: number | undefined): number {
  if (pid === undefined || process.platform !== "linux") return 0;
  try {
    const [, resident = "0"] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ");
    return Math.ceil((Number(resident) * pageBytes) / 1024 / 1024);
  } catch {
    // Gone between the listing and the read.
    return 0;
  }
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
