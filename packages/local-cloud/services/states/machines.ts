import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Authorizer } from "../../iam";
import { sessionArn } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import { cloudError, isCloudError, type CloudEvent, type CloudIdentity } from "../../gateway/service";
import { readDefinition, type Definition } from "./definition";
import { asStateError, stateError, type StateError } from "./errors";
import type { HistoryEvent } from "./events";
import { openExecutionStore, type Execution, type ExecutionStatus } from "./executions";
import { interpret, MAX_TIMER_MS, type Host, type TaskCall } from "./interpreter";
import { statusChange } from "./status-change";

/** A state machine that the program declares. */
export interface DeclaredMachine {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** The definition's JSON text. */
  readonly definition: string;
}

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
  find(arn: string): { readonly declared: DeclaredMachine; readonly definition: Definition } | undefined;
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
  watch(listener: (execution: Execution, event?: HistoryEvent) => void): () => void;
  /** Running executions, and status changes that the bus has not accepted. */
  readonly pending: number;
  close(): Promise<void>;
}

interface Running {
  readonly stop: AbortController;
  /** The reason for which it was ended from outside, once it was. */
  verdict?: { readonly status: ExecutionStatus; readonly error?: string; readonly cause?: string };
  readonly done: Promise<void>;
}

const ANNOUNCE_RETRY_MS = 1_000;

/** @throws Error naming machine and state if a definition is not valid, or cannot be run here */
export async function createMachines(options: MachinesOptions): Promise<Machines> {
  const { identity, functions, authorizer, retryScale = 1, waitScale = 1 } = options;
  const machines = new Map<string, { readonly declared: DeclaredMachine; readonly definition: Definition }>();
  const folder = join(options.storage, "executions");
  mkdirSync(folder, { recursive: true });
  for (const declared of options.machines) {
    const definition = await readDefinition(declared.definition, declared.name, join(folder, "valid-definitions.json"));
    machines.set(declared.arn, { declared, definition });
  }
  const store = await openExecutionStore(folder, options.onError ?? ((line) => console.error(line)));
  const running = new Map<string, Running>();
  let announcing = 0;
  const listeners = new Set<(execution: Execution, event?: HistoryEvent) => void>();
  let closed = false;

  const tell = (execution: Execution, event?: HistoryEvent): void => {
    for (const listener of listeners) listener(execution, event);
  };
  const executionArn = (machineArn: string, name: string): string =>
    `${machineArn.replace(":stateMachine:", ":execution:")}:${name}`;

  async function start(machineArn: string, input: string, name: string = randomUUID()): Promise<Execution> {
    const machine = machines.get(machineArn);
    if (!machine) throw cloudError("StateMachineDoesNotExist", 400, `State Machine Does Not Exist: '${machineArn}'`);
    const arn = executionArn(machineArn, name);
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
    tell(execution, first);
    begin(execution, input, first.id);
    return execution;
  }

  function startedEvent(id: number, input: string, roleArn: string): HistoryEvent {
    return { id, previousEventId: 0, timestamp: Date.now(), type: "ExecutionStarted", details: { input, roleArn } };
  }

  /** Runs an execution that is on disk; never rejects. */
  function begin(execution: Execution, input: string, firstEventId: number): void {
    const stop = new AbortController();
    let finish: () => void = () => undefined;
    running.set(execution.arn, { stop, done: new Promise<void>((resolve) => (finish = resolve)) });
    void announce(execution, input, undefined);
    void conduct(execution, input, firstEventId, stop.signal).finally(() => {
      running.delete(execution.arn);
      finish();
    });
  }

  async function conduct(
    execution: Execution,
    input: string,
    firstEventId: number,
    signal: AbortSignal,
  ): Promise<void> {
    const machine = machines.get(execution.machineArn);
    let nextId = firstEventId + 1;
    const record: Host["record"] = (previousEventId, type, details) => {
      const event = { id: nextId++, previousEventId, timestamp: Date.now(), type, ...(details ? { details } : {}) };
      if (closed) return event.id;
      store.append(execution.arn, event);
      tell(execution, event);
      return event.id;
    };
    if (!machine) {
      const cause = "The program no longer declares the execution's state machine.";
      record(firstEventId, "ExecutionAborted", { error: "States.Runtime", cause });
      return end(execution, { status: "ABORTED", error: "States.Runtime", cause }, input, undefined);
    }
    const { declared, definition } = machine;
    const timer = expiry(execution, definition.TimeoutSeconds);
    try {
      const host = hostOf(declared, record);
      const context = contextOf(declared, execution, JSON.parse(input));
      const { output, lastEventId } = await interpret(
        definition,
        JSON.parse(input),
        context,
        host,
        signal,
        firstEventId,
      );
      const text = JSON.stringify(output);
      record(lastEventId, "ExecutionSucceeded", { output: text });
      await end(execution, { status: "SUCCEEDED" }, input, text);
    } catch (thrown) {
      // Closing leaves the execution as it is on disk: RUNNING, and the next start restarts it.
      if (closed) return;
      const verdict = running.get(execution.arn)?.verdict ?? failureOf(asStateError(thrown));
      const type =
        { TIMED_OUT: "ExecutionTimedOut", ABORTED: "ExecutionAborted" }[verdict.status as string] ?? "ExecutionFailed";
      record(nextId - 1, type, { error: verdict.error, cause: verdict.cause });
      await end(execution, verdict, input, undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  const failureOf = ({ name, message }: StateError): NonNullable<Running["verdict"]> => ({
    status: "FAILED",
    error: name,
    cause: message,
  });

  function expiry(execution: Execution, seconds: number | undefined): NodeJS.Timeout | undefined {
    if (seconds === undefined) return undefined;
    const left = execution.startDate + seconds * 1000 - Date.now();
    return setTimeout(
      () => finishEarly(execution.arn, { status: "TIMED_OUT", error: "States.Timeout" }),
      Math.min(Math.max(0, left), MAX_TIMER_MS),
    ).unref();
  }

  function finishEarly(arn: string, verdict: NonNullable<Running["verdict"]>): void {
    const run = running.get(arn);
    if (!run || run.verdict) return;
    run.verdict = verdict;
    run.stop.abort();
  }

  async function end(
    execution: Execution,
    verdict: NonNullable<Running["verdict"]>,
    input: string,
    output: string | undefined,
  ): Promise<void> {
    const ended = { ...execution, ...verdict, stopDate: Date.now(), unannounced: true };
    await store.settle(execution.arn);
    await store.update(ended);
    tell(ended);
    await announce(ended, input, output);
  }

  /** Publishes a status to the bus; an end until the bus accepts it, so that none is lost. */
  async function announce(execution: Execution, input: string, output: string | undefined): Promise<void> {
    announcing++;
    try {
      await options.emit(statusChange(identity, execution, input, output));
      if (execution.unannounced && !closed) {
        await store.update({ ...execution, unannounced: false });
      }
    } catch {
      // A start may be missed; an end may not.
      if (execution.status === "RUNNING" || closed) return;
      await new Promise((done) => setTimeout(done, ANNOUNCE_RETRY_MS).unref());
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- close() may have come meanwhile
      if (!closed) void announce(execution, input, output);
    } finally {
      announcing--;
    }
  }

  function hostOf(declared: DeclaredMachine, record: Host["record"]): Host {
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

  return {
    list: () => [...machines.values()].map(({ declared }) => declared),
    find: (arn) => machines.get(arn),
    start,
    async stop(arn, error, cause) {
      const execution = store.get(arn);
      if (!execution) throw cloudError("ExecutionDoesNotExist", 400, `Execution Does Not Exist: '${arn}'`);
      const run = running.get(arn);
      finishEarly(arn, {
        status: "ABORTED",
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
      await run?.done;
      return store.get(arn) ?? execution;
    },
    async resume() {
      for (const execution of [...store.list()]) {
        if (execution.status !== "RUNNING" && !execution.unannounced) continue;
        const events = store.history(execution.arn);
        const given = events[0]?.details?.["input"];
        const input = typeof given === "string" ? given : "{}";
        if (execution.status !== "RUNNING") {
          const output = events.at(-1)?.details?.["output"];
          void announce(execution, input, typeof output === "string" ? output : undefined);
          continue;
        }
        store.resume(execution.arn);
        const again = { ...execution, restarts: (execution.restarts ?? 0) + 1 };
        await store.update(again);
        const roleArn = machines.get(execution.machineArn)?.declared.roleArn ?? "";
        const first = startedEvent((events.at(-1)?.id ?? 0) + 1, input, roleArn);
        store.append(execution.arn, first);
        begin(again, input, first.id);
      }
    },
    execution: (arn) => store.get(arn),
    executions: () => store.list(),
    history: (arn) => store.history(arn),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get pending() {
      return running.size + announcing;
    },
    async close() {
      closed = true;
      const all = [...running.values()];
      for (const { stop } of all) stop.abort();
      await Promise.all(all.map(({ done }) => done));
      await store.close();
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

function contextOf(declared: DeclaredMachine, execution: Execution, input: unknown) {
  return {
    Execution: {
      Id: execution.arn,
      Input: input,
      Name: execution.name,
      RoleArn: declared.roleArn,
      StartTime: new Date(execution.startDate).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: declared.arn, Name: declared.name },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, MAX_TIMER_MS));
    signal.addEventListener("abort", done, { once: true });
  });
}
