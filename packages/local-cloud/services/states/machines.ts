import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cloudError, type CloudEvent, type CloudIdentity } from "../../gateway/service";
import type { Authorizer } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import { announce } from "./announce";
import { begin, finishEarly } from "./conduct";
import type { DeclaredMachine, Machine } from "./declared";
import { readDefinition } from "./definition";
import type { HistoryEvent } from "./events";
import { openExecutionStore, type Execution } from "./executions";
import { notifyListeners, type Listener, type MachinesState } from "./running";

export interface MachinesOptions {
  readonly identity: CloudIdentity;
  /** The folder for executions. */
  readonly storage: string;
  readonly machines: readonly DeclaredMachine[];
  readonly functions: Pick<FunctionRuntime, "invoke" | "find">;
  readonly authorizer: Pick<Authorizer, "authorize">;
  /** Accepts status changes; if it fails they are offered again. */
  readonly emit: (event: CloudEvent) => void | Promise<void>;
  /** Receives failures that nobody else sees; by default they go to stderr. */
  readonly onError?: ((line: string) => void) | undefined;
  /** The factor of retries' pauses, for tests; 1 by default, 0 for none. */
  readonly retryScale?: number | undefined;
  /** The factor of Wait states' times, for tests; 1 by default. */
  readonly waitScale?: number | undefined;
}

export interface Machines {
  list(): readonly DeclaredMachine[];
  find(arn: string): Machine | undefined;
  /**
   * Starts an execution; it is on disk when this fulfils, and will end even if this process dies.
   *
   * @param input JSON text
   * @param name unique for the machine; generated if absent
   */
  start(machineArn: string, input: string, name?: string): Promise<Execution>;
  stop(arn: string, error?: string, cause?: string): Promise<Execution>;
  /** Restarts executions that were under way when the local mode ended, with the same ARN and input. */
  resume(): Promise<void>;
  execution(arn: string): Execution | undefined;
  executions(): Iterable<Execution>;
  history(arn: string): readonly HistoryEvent[];
  /** Receives every entry and every change of status. */
  watch(listener: Listener): () => void;
  /** Running executions, and status changes that the bus has not accepted. */
  readonly pending: number;
  close(): Promise<void>;
}

/** @throws Error naming machine and state if a definition is not valid, or cannot be run here */
export async function createMachines(options: MachinesOptions): Promise<Machines> {
  const { identity, functions, authorizer, emit, retryScale = 1, waitScale = 1 } = options;
  const machines = new Map<string, Machine>();
  const folder = join(options.storage, "executions");
  mkdirSync(folder, { recursive: true });
  for (const declared of options.machines) {
    const definition = await readDefinition(declared.definition, declared.name, join(folder, "valid-definitions.json"));
    machines.set(declared.arn, { declared, definition });
  }
  const store = await openExecutionStore(folder, options.onError ?? ((line) => console.error(line)));
  const state: MachinesState = {
    identity,
    machines,
    functions,
    authorizer,
    emit,
    retryScale,
    waitScale,
    store,
    running: new Map(),
    listeners: new Set(),
    announcing: 0,
    closed: false,
  };

  return {
    list: () => [...machines.values()].map(({ declared }) => declared),
    find: (arn) => machines.get(arn),
    start: (machineArn, input, name) => start(state, machineArn, input, name),
    stop: (arn, error, cause) => stop(state, arn, error, cause),
    async resume() {
      for (const execution of [...store.list()]) {
        if (execution.status === "RUNNING") await resume(state, execution);
        else if (execution.unannounced) announceAgain(state, execution);
      }
    },
    execution: (arn) => store.get(arn),
    executions: () => store.list(),
    history: (arn) => store.history(arn),
    watch(listener) {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    get pending() {
      return state.running.size + state.announcing;
    },
    async close() {
      state.closed = true;
      const all = [...state.running.values()];
      for (const { stop } of all) stop.abort();
      await Promise.all(all.map(({ done }) => done));
      await store.close();
    },
  };
}

async function start(
  state: MachinesState,
  machineArn: string,
  input: string,
  name: string = randomUUID(),
): Promise<Execution> {
  const { machines, store } = state;
  const machine = machines.get(machineArn);
  if (!machine) throw cloudError("StateMachineDoesNotExist", 400, `State Machine Does Not Exist: '${machineArn}'`);
  const arn = `${machineArn.replace(":stateMachine:", ":execution:")}:${name}`;
  const known = store.get(arn);
  if (known) {
    const [first] = store.history(arn);
    // The same request once more, after its answer was lost: AWS gives it the same answer.
    if (known.status === "RUNNING" && first?.details?.["input"] === input) return known;
    throw cloudError("ExecutionAlreadyExists", 400, `Execution Already Exists: '${arn}'`);
  }
  const startDate = Date.now();
  const execution: Execution = { arn, name, machineArn, status: "RUNNING", startDate };
  const first = startedEvent(1, input, machine.declared.roleArn);
  await store.create(execution, [first]);
  notifyListeners(state, execution, first);
  begin(state, execution, input, first.id);
  return execution;
}

async function stop(
  state: MachinesState,
  arn: string,
  error: string | undefined,
  cause: string | undefined,
): Promise<Execution> {
  const { store, running } = state;
  const execution = store.get(arn);
  if (!execution) throw cloudError("ExecutionDoesNotExist", 400, `Execution Does Not Exist: '${arn}'`);
  const run = running.get(arn);
  finishEarly(state, arn, {
    status: "ABORTED",
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  });
  await run?.done;
  return store.get(arn) ?? execution;
}

/** Restarts an execution that was under way when the local mode ended. */
async function resume(state: MachinesState, execution: Execution): Promise<void> {
  const { machines, store } = state;
  const events = store.history(execution.arn);
  const input = inputOf(events);
  store.resume(execution.arn);
  const again = { ...execution, restarts: (execution.restarts ?? 0) + 1 };
  await store.update(again);
  const roleArn = machines.get(execution.machineArn)?.declared.roleArn ?? "";
  const first = startedEvent((events.at(-1)?.id ?? 0) + 1, input, roleArn);
  store.append(execution.arn, first);
  begin(state, again, input, first.id);
}

/** Publishes the end of an execution that the bus had not accepted when the local mode ended. */
function announceAgain(state: MachinesState, execution: Execution): void {
  const events = state.store.history(execution.arn);
  const output = events.at(-1)?.details?.["output"];
  void announce(state, execution, inputOf(events), typeof output === "string" ? output : undefined);
}

function startedEvent(id: number, input: string, roleArn: string): HistoryEvent {
  return { id, previousEventId: 0, timestamp: Date.now(), type: "ExecutionStarted", details: { input, roleArn } };
}

function inputOf(events: readonly HistoryEvent[]): string {
  const given = events[0]?.details?.["input"];
  return typeof given === "string" ? given : "{}";
}
