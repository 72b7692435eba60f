import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call, FaultInjector } from "../../faults";
import type { CredentialStore } from "../../iam";
import { cloudError, type CloudIdentity } from "../../gateway/service";
import type { DeclaredFunction, FunctionError, InvokeResult } from "./declared";
import { checkEnvironment, environmentOf } from "./environment";
import { openLogFiles, type LogLine } from "./logs";
import { Sandbox, type CallOutcome } from "./sandbox";
import { linkRuntimePackages, unpack } from "./unpack";

export interface FunctionRuntimeOptions {
  readonly identity: CloudIdentity;
  /** The folder for code, layers and logs. */
  readonly storage: string;
  readonly functions: readonly DeclaredFunction[];
  readonly credentials: CredentialStore;
  /** `http://127.0.0.1:PORT`, where the SDK in a function finds every service. */
  readonly endpoint: string;
  /** Folders in which the SDK is looked for, nearest first. */
  readonly packagesFrom: readonly string[];
  readonly faults?: FaultInjector | undefined;
  /** Told of every line that a function or the runtime writes to a log. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
  /** How long a process may be idle, default 60,000 ms. */
  readonly idleMilliseconds?: number | undefined;
  /** Most processes of one function at a time, default the number of cores, but at least 2. */
  readonly maxProcesses?: number | undefined;
}

export interface FunctionRuntime {
  /** By name, ARN, or ARN with `:$LATEST`. */
  find(nameOrArn: string): DeclaredFunction | undefined;
  /**
   * Runs a function once and waits for its answer.
   *
   * @param payload JSON text
   * @param started called when a process takes the event; before that it may have waited for one
   * @throws CloudError ResourceNotFoundException; TooManyRequestsException beyond the declared reserved concurrency; or
   * what the fault script says. Whatever the function itself does is a result and never throws.
   */
  invoke(nameOrArn: string, payload: string, started?: () => void): Promise<InvokeResult>;
  /**
   * Runs a function for an event whose sender wants no answer: up to three times, as Lambda does (which waits minutes
   * between the attempts, where this waits seconds); what then still fails is only in the log.
   *
   * @returns fulfils when it has ended, well or not; a sender that is content with the event's being taken over need
   * not wait
   */
  invokeEvent(nameOrArn: string, payload: string): Promise<void>;
  /** Events that were handed over and have not ended. */
  readonly pendingEvents: number;
  /** Processes that are alive, for the console and for tests. */
  processes(): readonly { readonly name: string; readonly busy: boolean; readonly memoryMB: number }[];
  close(): Promise<void>;
}

/** A call that takes longer than this is slow enough to start another process for the next. */
const SLOW_MS = 1_000;
/** Lambda's own number of attempts for an asynchronous event. */
const EVENT_ATTEMPTS = 3;
const EVENT_RETRY_MS = 1_000;

interface Pool {
  readonly declared: DeclaredFunction;
  readonly root: string;
  readonly layers: readonly string[];
  readonly sandboxes: Sandbox[];
  readonly accessKeys: Map<string, Sandbox>;
  readonly waiting: ((sandbox: Sandbox) => void)[];
  scaling?: NodeJS.Timeout;
  running: number;
}

/** @throws Error naming the function when its code cannot be had or its environment is one that Lambda refuses */
export function createFunctionRuntime(options: FunctionRuntimeOptions): FunctionRuntime {
  const { identity, storage, faults, idleMilliseconds = 60_000 } = options;
  const maxProcesses = options.maxProcesses ?? Math.max(2, availableParallelism());
  // The functions of a machine run side by side as it is: one each keeps two cores busy.
  const eagerProcesses = Math.min(maxProcesses, Math.max(1, Math.floor(availableParallelism() / 2)));
  const codeFolder = join(storage, "functions");
  const temporary = join(storage, "tmp");
  for (const folder of [codeFolder, temporary]) mkdirSync(folder, { recursive: true });
  // Nothing lies above a function on Lambda; here it may be a project whose package.json says that all are ES modules.
  writeFileSync(join(codeFolder, "package.json"), "{}\n");
  const runtimePackages = linkRuntimePackages(join(storage, "runtime"), options.packagesFrom);
  const logs = openLogFiles(join(storage, "logs"));
  const pools = new Map(options.functions.map((declared) => [declared.name, prepare(declared)]));
  let pendingEvents = 0;
  let closed = false;

  function prepare(declared: DeclaredFunction): Pool {
    checkEnvironment(declared);
    return {
      declared,
      root: unpack(declared.code, codeFolder, declared.name),
      layers: declared.layers.map(({ name, code }) => unpack(code, codeFolder, `layer-${name}`)),
      sandboxes: [],
      accessKeys: new Map(),
      waiting: [],
      running: 0,
    };
  }

  function log(source: string, text: string): void {
    logs.write({ source, text });
    options.onLog?.({ source, text });
  }

  function poolOf(nameOrArn: string): Pool | undefined {
    const name = nameOrArn.includes(":function:")
      ? nameOrArn.split(":function:")[1]?.split(":")[0]
      : nameOrArn.split(":")[0];
    return pools.get(name ?? "");
  }

  function start(pool: Pool): Sandbox {
    const { declared, root, layers } = pool;
    const environment = randomUUID();
    const credentials = options.credentials.issue({
      roleArn: declared.roleArn,
      sessionName: declared.name,
      environment,
    });
    const sandbox = new Sandbox({
      declared,
      root,
      onLine: (line) => log(declared.name, line),
      environment: environmentOf(declared, {
        identity,
        endpoint: options.endpoint,
        credentials,
        root,
        layers,
        runtimePackages,
        temporary,
        logStream: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${environment.replaceAll("-", "")}`,
      }),
    });
    pool.sandboxes.push(sandbox);
    pool.accessKeys.set(credentials.accessKeyId, sandbox);
    return sandbox;
  }

  function forget(pool: Pool, sandbox: Sandbox): void {
    pool.sandboxes.splice(pool.sandboxes.indexOf(sandbox), 1);
    for (const [key, owner] of pool.accessKeys) if (owner === sandbox) pool.accessKeys.delete(key);
  }

  /** A free process, a new one, or the next that becomes free. */
  async function acquire(pool: Pool): Promise<Sandbox> {
    for (const dead of pool.sandboxes.filter(({ alive, busy }) => !alive && !busy)) forget(pool, dead);
    // The most recently used is the likeliest to have everything in memory, and leaves the others to grow old.
    const free = pool.sandboxes.filter(({ busy }) => !busy).sort((a, b) => b.since - a.since)[0];
    if (free) return occupy(free);
    if (pool.sandboxes.length < eagerProcesses) return occupy(start(pool));
    return new Promise((resolve) => {
      pool.waiting.push(resolve);
      pool.scaling ??= setInterval(() => scale(pool), SLOW_MS / 4);
    });
  }

  /**
   * Another process for a function whose calls are slow, because it waits for something: it must not hold up all that
   * come after. Calls that are quick and many go through the processes there are; more would only take memory.
   */
  function scale(pool: Pool): void {
    const slow = pool.sandboxes.every(({ since }) => Date.now() - since > SLOW_MS);
    if (slow && pool.sandboxes.length < maxProcesses) pool.waiting.shift()?.(occupy(start(pool)));
    if (pool.waiting.length > 0) return;
    clearInterval(pool.scaling);
    delete pool.scaling;
  }

  function occupy(sandbox: Sandbox): Sandbox {
    sandbox.busy = true;
    sandbox.since = Date.now();
    return sandbox;
  }

  function release(pool: Pool, sandbox: Sandbox): void {
    sandbox.busy = false;
    sandbox.since = Date.now();
    if (!sandbox.alive) forget(pool, sandbox);
    if (closed) return;
    const next = pool.waiting.shift();
    if (next) void acquire(pool).then(next);
  }

  async function run(pool: Pool, payload: string, started?: () => void): Promise<InvokeResult> {
    const { declared } = pool;
    const requestId = randomUUID();
    const call: Call = { service: "lambda", operation: "Invoke", caller: declared.name };
    const injected = faults?.active ? faults.decide(call) : undefined;
    if (injected && injected.delayMilliseconds > 0) await sleep(injected.delayMilliseconds);
    if (injected?.refusal) throw injected.refusal;
    const sandbox = await acquire(pool);
    started?.();
    try {
      if (injected?.kill === "before") return lost(pool, sandbox, requestId);
      log(declared.name, `START RequestId: ${requestId} Version: $LATEST`);
      const outcome = await sandbox.call({ requestId, payload, arn: declared.arn, traceId: traceId() });
      report(declared, requestId, outcome);
      if (injected?.kill === "after" || injected?.dropAnswer) return lost(pool, sandbox, requestId);
      return { ...outcome.result, requestId };
    } finally {
      release(pool, sandbox);
    }
  }

  /** The process died, as if its machine had: with or without the effects of the call, the answer is lost. */
  function lost(pool: Pool, sandbox: Sandbox, requestId: string): InvokeResult {
    sandbox.kill();
    const error: FunctionError = {
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    };
    log(pool.declared.name, error.errorMessage);
    return { ok: false, error, requestId };
  }

  function report(declared: DeclaredFunction, requestId: string, outcome: CallOutcome): void {
    const { durationMs, initMs, maxMemoryMB, result } = outcome;
    if (!result.ok && /^(Sandbox|Runtime)\./.test(result.error.errorType)) {
      log(declared.name, result.error.errorMessage);
    }
    log(declared.name, `END RequestId: ${requestId}`);
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
      `Memory Size: ${declared.memorySize} MB`,
      `Max Memory Used: ${maxMemoryMB} MB`,
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ];
    log(declared.name, parts.join("\t"));
  }

  function kill(call: Call): void {
    for (const pool of pools.values()) pool.accessKeys.get(call.accessKeyId ?? "")?.kill();
  }
  faults?.onKill(kill);

  const reaper = setInterval(
    () => {
      for (const pool of pools.values()) {
        for (const sandbox of [...pool.sandboxes]) {
          if (sandbox.busy || Date.now() - sandbox.since < idleMilliseconds) continue;
          sandbox.kill();
          forget(pool, sandbox);
        }
      }
    },
    Math.min(5_000, idleMilliseconds),
  );
  reaper.unref();

  async function invoke(nameOrArn: string, payload: string, started?: () => void): Promise<InvokeResult> {
    const pool = poolOf(nameOrArn);
    if (!pool) {
      const arn = nameOrArn.startsWith("arn:")
        ? nameOrArn
        : `arn:${identity.partition}:lambda:${identity.region}:${identity.accountId}:function:${nameOrArn}`;
      throw cloudError("ResourceNotFoundException", 404, `Function not found: ${arn}`, { Type: "User" });
    }
    if (closed) throw cloudError("ServiceException", 500, "The local cloud is closing.");
    const reserved = pool.declared.reservedConcurrency;
    if (reserved >= 0 && pool.running >= reserved) {
      throw cloudError("TooManyRequestsException", 429, "Rate Exceeded.", {
        Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      });
    }
    pool.running++;
    try {
      return await run(pool, payload, started);
    } finally {
      pool.running--;
    }
  }

  async function deliver(nameOrArn: string, payload: string): Promise<void> {
    for (let attempt = 1; attempt <= EVENT_ATTEMPTS && !closed; attempt++) {
      if (attempt > 1) await sleep(EVENT_RETRY_MS * (attempt - 1), undefined, { ref: false });
      try {
        if ((await invoke(nameOrArn, payload)).ok) return;
      } catch (error) {
        log(
          nameOrArn.split(":").at(-1) ?? nameOrArn,
          `Attempt ${attempt} of ${EVENT_ATTEMPTS}: ${(error as Error).message}`,
        );
      }
    }
    log(nameOrArn.split(":").at(-1) ?? nameOrArn, `An event was dropped after ${EVENT_ATTEMPTS} attempts.`);
  }

  return {
    find: (nameOrArn) => poolOf(nameOrArn)?.declared,
    invoke,
    invokeEvent(nameOrArn, payload) {
      pendingEvents++;
      return deliver(nameOrArn, payload).finally(() => pendingEvents--);
    },
    get pendingEvents() {
      return pendingEvents;
    },
    processes: () =>
      [...pools.values()].flatMap(({ declared, sandboxes }) =>
        sandboxes.map(({ busy, memoryMB }) => ({ name: declared.name, busy, memoryMB })),
      ),
    async close() {
      closed = true;
      clearInterval(reaper);
      for (const pool of pools.values()) clearInterval(pool.scaling);
      await Promise.all([...pools.values()].flatMap(({ sandboxes }) => sandboxes.map((sandbox) => sandbox.close())));
      logs.flush();
    },
  };
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=0`;
}
