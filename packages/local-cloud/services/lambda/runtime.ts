import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cloudError, type CloudIdentity } from "../../gateway/service";
import type { FaultInjector } from "../../faults";
import type { CredentialStore } from "../../iam";
import { callFunction } from "./call";
import type { DeclaredFunction, InvokeResult } from "./declared";
import { checkEnvironment } from "./environment";
import { launcherOf, makeFolders } from "./launch";
import { openLogFiles, type LogLine } from "./logs";
import { closePool, createPool, endIdle, type Pool } from "./pool";

export interface FunctionRuntimeOptions {
  readonly identity: CloudIdentity;
  /** The folder for code, layers and logs. */
  readonly storage: string;
  readonly functions: readonly DeclaredFunction[];
  readonly credentials: CredentialStore;
  /** `http://127.0.0.1:PORT`, the endpoint of every service for the SDK in a function. */
  readonly endpoint: string;
  /** Folders that are searched for the SDK, nearest first. */
  readonly packagesFrom: readonly string[];
  readonly faults?: FaultInjector | undefined;
  /** Names of functions whose roles may not write their logs: their lines are dropped. */
  readonly silent?: ReadonlySet<string> | undefined;
  /** Receives every line that a function or the runtime writes to a log. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
  /** Idle time after which a process ends, default 60,000 ms. */
  readonly idleMilliseconds?: number | undefined;
  /** Maximum processes of one function at a time, default the number of cores, but at least 2. */
  readonly maxProcesses?: number | undefined;
}

export interface FunctionRuntime {
  /** By name, ARN, or ARN with `:$LATEST`. */
  find(nameOrArn: string): DeclaredFunction | undefined;
  /**
   * Runs a function once and waits for its answer.
   *
   * @param payload JSON text
   * @param started called when a process accepts the event; before that the event may have waited for one
   * @throws CloudError ResourceNotFoundException; TooManyRequestsException beyond the declared reserved concurrency; or
   * an error of the fault script. The function's own behaviour is always a result and never throws.
   */
  invoke(nameOrArn: string, payload: string, started?: () => void): Promise<InvokeResult>;
  /**
   * Runs a function for an event whose sender wants no answer: up to three attempts, as on Lambda (which waits minutes
   * between the attempts, while this waits seconds); if the last one fails, only the log shows it.
   *
   * @returns fulfils when the last attempt has ended, well or not; a sender that only needs the event accepted need not
   * wait
   */
  invokeEvent(nameOrArn: string, payload: string): Promise<void>;
  /** Events that were handed over and have not ended. */
  readonly pendingEvents: number;
  /** Processes that are alive, for the console and for tests. */
  processes(): readonly { readonly name: string; readonly busy: boolean; readonly memoryMB: number }[];
  close(): Promise<void>;
}

/** Lambda's own number of attempts for an asynchronous event. */
const eventAttempts = 3;
const eventRetryMs = 1_000;

interface RuntimeState {
  readonly identity: CloudIdentity;
  readonly faults: FaultInjector | undefined;
  /** By the function's name. */
  readonly pools: ReadonlyMap<string, Pool>;
  readonly log: (source: string, text: string) => void;
  pendingEvents: number;
  closed: boolean;
}

/** @throws Error naming the function if its code is not available or its environment is one that Lambda refuses */
export function createFunctionRuntime(options: FunctionRuntimeOptions): FunctionRuntime {
  const { identity, storage, faults, credentials, endpoint, idleMilliseconds = 60_000 } = options;
  const most = options.maxProcesses ?? Math.max(2, availableParallelism());
  // The functions of a machine run side by side anyway: one process each keeps two cores busy.
  const size = { most, eager: Math.min(most, Math.max(1, Math.floor(availableParallelism() / 2))) };
  const folders = makeFolders(storage, options.packagesFrom);
  const logs = openLogFiles(join(storage, "logs"));
  const log = (source: string, text: string): void => {
    if (options.silent?.has(source)) return;
    logs.write({ source, text });
    options.onLog?.({ source, text });
  };
  const pools = new Map(
    options.functions.map((declared) => {
      checkEnvironment(declared);
      const launch = launcherOf(declared, { identity, endpoint, credentials, folders, log });
      return [declared.name, createPool(declared, size, launch)];
    }),
  );
  const state: RuntimeState = { identity, faults, pools, log, pendingEvents: 0, closed: false };

  faults?.onKill((call) => {
    for (const pool of pools.values()) pool.accessKeys.get(call.accessKeyId ?? "")?.kill();
  });
  const reaper = setInterval(
    () => {
      for (const pool of pools.values()) endIdle(pool, idleMilliseconds);
    },
    Math.min(5_000, idleMilliseconds),
  );
  reaper.unref();

  return {
    find: (nameOrArn) => poolOf(state, nameOrArn)?.declared,
    invoke: (nameOrArn, payload, started) => invoke(state, nameOrArn, payload, started),
    invokeEvent(nameOrArn, payload) {
      state.pendingEvents++;
      return deliver(state, nameOrArn, payload).finally(() => state.pendingEvents--);
    },
    get pendingEvents() {
      return state.pendingEvents;
    },
    processes: () =>
      [...pools.values()].flatMap(({ declared, sandboxes }) =>
        sandboxes.map(({ busy, memoryMB }) => ({ name: declared.name, busy, memoryMB })),
      ),
    async close() {
      state.closed = true;
      clearInterval(reaper);
      await Promise.all([...pools.values()].map(closePool));
      logs.flush();
    },
  };
}

function poolOf({ pools }: RuntimeState, nameOrArn: string): Pool | undefined {
  const name = nameOrArn.includes(":function:")
    ? nameOrArn.split(":function:")[1]?.split(":")[0]
    : nameOrArn.split(":")[0];
  return pools.get(name ?? "");
}

async function invoke(
  state: RuntimeState,
  nameOrArn: string,
  payload: string,
  started?: () => void,
): Promise<InvokeResult> {
  const { identity, faults, log } = state;
  const pool = poolOf(state, nameOrArn);
  if (!pool) {
    const arn = nameOrArn.startsWith("arn:")
      ? nameOrArn
      : `arn:${identity.partition}:lambda:${identity.region}:${identity.accountId}:function:${nameOrArn}`;
    throw cloudError("ResourceNotFoundException", 404, `Function not found: ${arn}`, { Type: "User" });
  }
  if (state.closed) throw cloudError("ServiceException", 500, "The local cloud is closing.");
  const { name, reservedConcurrency } = pool.declared;
  if (reservedConcurrency >= 0 && pool.running >= reservedConcurrency) {
    throw cloudError("TooManyRequestsException", 429, "Rate Exceeded.", {
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    });
  }
  pool.running++;
  try {
    return await callFunction(pool, payload, { faults, started, log: (line) => log(name, line) });
  } finally {
    pool.running--;
  }
}

async function deliver(state: RuntimeState, nameOrArn: string, payload: string): Promise<void> {
  const source = nameOrArn.split(":").at(-1) ?? nameOrArn;
  for (let attempt = 1; attempt <= eventAttempts && !state.closed; attempt++) {
    if (attempt > 1) await sleep(eventRetryMs * (attempt - 1), undefined, { ref: false });
    try {
      if ((await invoke(state, nameOrArn, payload)).ok) return;
    } catch (error) {
      state.log(source, `Attempt ${attempt} of ${eventAttempts}: ${(error as Error).message}`);
    }
  }
  state.log(source, `An event was dropped after ${eventAttempts} attempts.`);
}
