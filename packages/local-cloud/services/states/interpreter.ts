import { choose } from "./choice";
import type {
  Catcher,
  Definition,
  MapState,
  ParallelState,
  State,
  TaskState,
  WaitState,
  WorkingState,
} from "./definition";
import { asStateError, matchesError, runtimeError, stateError, type StateError } from "./errors";
import type { RecordEvent } from "./events";
import { place, query, select, type Scope } from "./paths";
import { createRetries } from "./retry";
import { fillTemplate } from "./template";

/** The context object behind `$$`, without the parts that change from state to state. */
export interface ExecutionContext {
  readonly Execution: Readonly<Record<string, unknown>>;
  readonly StateMachine: Readonly<Record<string, unknown>>;
}

/** The machine's interface to the outside. */
export interface Host {
  /**
   * Runs a Task's resource and returns its result.
   *
   * @param started to be called when the work begins: the state's timeout counts from then
   * @throws StateError by the name that Retry and Catch match
   */
  task(call: TaskCall, started: () => void): Promise<unknown>;
  readonly record: RecordEvent;
  /** Waits; returns early when the signal aborts. */
  pause(milliseconds: number, why: "wait" | "retry", signal: AbortSignal): Promise<void>;
  readonly now: () => Date;
  /** From 0 up to, and excluding, 1; for the jitter of retries. */
  readonly random: () => number;
}

export interface TaskCall {
  readonly state: string;
  readonly resource: string;
  readonly input: unknown;
  /** The history entry to which the call's own entries belong. */
  readonly eventId: number;
}

/** Longest JSON that passes from state to state, in bytes: AWS's limit. */
export const maxDataBytes = 262_144;
/** Node.js fires longer timers at once; nothing here runs for 24 days. */
export const maxTimerMs = 2 ** 31 - 1;
/** Concurrent iterations of a Map that sets no limit. */
const defaultMapConcurrency = 40;

/** One run through the states of a machine, a branch or an iteration. */
interface Run {
  readonly host: Host;
  readonly context: ExecutionContext & { readonly Map?: unknown };
  readonly signal: AbortSignal;
  /** The entry that the next one follows. */
  last: number;
}

interface Step {
  readonly output: unknown;
  /** Undefined at the end. */
  readonly next: string | undefined;
}

/**
 * Runs a definition to its end and returns its output.
 *
 * Our own and not a package: the available packages have no `$$.State`, run an aborted branch's retry at once instead
 * of never, and count time in the queue towards a task's timeout; one of them is the oracle of the tests.
 *
 * @param signal ends the run: states under way are left, and no further one is entered
 * @throws StateError if a state fails and nothing catches it
 */
export async function interpret(
  definition: Definition,
  input: unknown,
  context: ExecutionContext,
  host: Host,
  signal: AbortSignal,
  firstEventId: number,
): Promise<{ readonly output: unknown; readonly lastEventId: number }> {
  const run: Run = { host, context, signal, last: firstEventId };
  const output = await through(definition, input, run);
  return { output, lastEventId: run.last };
}

async function through(definition: Definition, input: unknown, run: Run): Promise<unknown> {
  let name: string | undefined = definition.StartAt;
  let data = input;
  while (name !== undefined) {
    const state: State | undefined = definition.States[name];
    if (!state) throw runtimeError(`There is no state '${name}'`);
    refuseIfAborted(run.signal);
    run.last = run.host.record(run.last, `${state.Type}StateEntered`, { name, input: bounded(data, name) });
    const { output, next } = await enter(name, state, data, run);
    if (state.Type !== "Fail") {
      run.last = run.host.record(run.last, `${state.Type}StateExited`, { name, output: bounded(output, name) });
    }
    data = output;
    name = next;
  }
  return data;
}

const following = (state: { readonly Next?: string; readonly End?: boolean }): string | undefined =>
  state.End === true ? undefined : state.Next;

async function enter(name: string, state: State, data: unknown, run: Run): Promise<Step> {
  const visit = { Name: name, EnteredTime: run.host.now().toISOString(), RetryCount: 0 };
  // The context object of this visit; RetryCount counts up while it lasts.
  const scope = (value: unknown): Scope => ({ data: value, context: { ...run.context, State: visit } });
  switch (state.Type) {
    case "Task":
    case "Parallel":
    case "Map":
      return work(name, state, data, run, scope, visit);
    case "Pass": {
      const input = select(state.InputPath, scope(data), "InputPath");
      const shaped = state.Parameters === undefined ? input : fillTemplate(state.Parameters, scope(input));
      const result = place(state.ResultPath, data, "Result" in state ? state.Result : shaped);
      return { output: select(state.OutputPath, scope(result), "OutputPath"), next: following(state) };
    }
    case "Wait": {
      const input = select(state.InputPath, scope(data), "InputPath");
      await run.host.pause(waitOf(state, scope(input), run.host.now()), "wait", run.signal);
      return { output: select(state.OutputPath, scope(input), "OutputPath"), next: following(state) };
    }
    case "Choice": {
      const input = select(state.InputPath, scope(data), "InputPath");
      const next = choose(state, scope(input), name);
      return { output: select(state.OutputPath, scope(input), "OutputPath"), next };
    }
    case "Succeed": {
      const input = select(state.InputPath, scope(data), "InputPath");
      return { output: select(state.OutputPath, scope(input), "OutputPath"), next: undefined };
    }
    case "Fail": {
      const read = (constant?: string, path?: string): string =>
        constant ?? (path === undefined ? "" : asText(fillTemplate({ "value.$": path }, scope(data))));
      throw stateError(read(state.Error, state.ErrorPath), read(state.Cause, state.CausePath));
    }
  }
}

function asText(template: unknown): string {
  const { value } = template as { value: unknown };
  return typeof value === "string" ? value : JSON.stringify(value);
}

function waitOf(state: WaitState, scope: Scope, now: Date): number {
  const seconds = state.SecondsPath === undefined ? state.Seconds : query(state.SecondsPath, scope, "SecondsPath");
  if (seconds !== undefined) {
    if (typeof seconds === "number" && seconds >= 0) return seconds * 1000;
    throw runtimeError(`The wait of ${JSON.stringify(seconds)} is not a number of seconds`);
  }
  const until =
    state.TimestampPath === undefined ? state.Timestamp : query(state.TimestampPath, scope, "TimestampPath");
  const time = Date.parse(String(until));
  if (Number.isNaN(time)) {
    throw runtimeError(`The time ${JSON.stringify(until)} to wait for is not an ISO 8601 timestamp`);
  }
  return Math.max(0, time - now.getTime());
}

/** Task, Parallel, Map: the work itself, again while a retrier allows it, then a catcher or the error. */
async function work(
  name: string,
  state: WorkingState,
  data: unknown,
  run: Run,
  scope: (value: unknown) => Scope,
  visit: { RetryCount: number },
): Promise<Step> {
  const retries = createRetries(state.Retry ?? [], state.Type === "Task", run.host.random);
  for (;;) {
    try {
      const input = select(state.InputPath, scope(data), "InputPath");
      const result = await perform(name, state, input, run, scope);
      const selected = state.ResultSelector === undefined ? result : fillTemplate(state.ResultSelector, scope(result));
      const placed = place(state.ResultPath, data, selected);
      return { output: select(state.OutputPath, scope(placed), "OutputPath"), next: following(state) };
    } catch (thrown) {
      refuseIfAborted(run.signal);
      const error = asStateError(thrown);
      const wait = retries.next(error.name);
      if (wait !== undefined) {
        await run.host.pause(wait, "retry", run.signal);
        refuseIfAborted(run.signal);
        visit.RetryCount++;
        continue;
      }
      return caught(state.Catch ?? [], error, state.Type === "Task", data);
    }
  }
}

function caught(catchers: readonly Catcher[], error: StateError, ofTask: boolean, data: unknown): Step {
  const catcher = catchers.find(({ ErrorEquals }) => matchesError(ErrorEquals, error.name, ofTask));
  if (!catcher) throw error;
  return { output: place(catcher.ResultPath, data, { Error: error.name, Cause: error.message }), next: catcher.Next };
}

function perform(
  name: string,
  state: WorkingState,
  input: unknown,
  run: Run,
  scope: (value: unknown) => Scope,
): Promise<unknown> {
  const shaped =
    state.Parameters === undefined || state.Type === "Map" ? input : fillTemplate(state.Parameters, scope(input));
  switch (state.Type) {
    case "Task":
      return task(name, state, shaped, run, scope(input));
    case "Parallel":
      return parallel(state, shaped, run);
    case "Map":
      return mapItems(name, state, input, run, scope);
  }
}

async function task(name: string, state: TaskState, input: unknown, run: Run, scope: Scope): Promise<unknown> {
  const limit =
    state.TimeoutSecondsPath === undefined
      ? state.TimeoutSeconds
      : Number(query(state.TimeoutSecondsPath, scope, "TimeoutSecondsPath"));
  // A Lambda function sends no heartbeat, so the heartbeat's time is a timeout as well.
  const [seconds, error] =
    state.HeartbeatSeconds !== undefined && state.HeartbeatSeconds < (limit ?? Infinity)
      ? [state.HeartbeatSeconds, "States.HeartbeatTimeout"]
      : [limit, "States.Timeout"];
  const eventId = run.host.record(run.last, "LambdaFunctionScheduled", {
    resource: state.Resource,
    input: bounded(input, name),
    ...(limit === undefined ? {} : { timeoutInSeconds: limit }),
  });
  run.last = eventId;
  const stopwatch = createStopwatch(seconds, () => stateError(error, ""));
  const started = (): void => {
    if (run.signal.aborted) return;
    run.last = run.host.record(run.last, "LambdaFunctionStarted");
    stopwatch.start();
  };
  try {
    const result = await untilAborted(
      Promise.race([
        run.host.task({ state: name, resource: state.Resource, input, eventId }, started),
        stopwatch.elapsed,
      ]),
      run.signal,
    );
    run.last = run.host.record(run.last, "LambdaFunctionSucceeded", { output: bounded(result, name) });
    return result;
  } catch (thrown) {
    refuseIfAborted(run.signal);
    const failure = asStateError(thrown);
    const type = failure.name === error ? "LambdaFunctionTimedOut" : "LambdaFunctionFailed";
    run.last = run.host.record(run.last, type, { error: failure.name, cause: failure.message });
    throw failure;
  } finally {
    stopwatch.stop();
  }
}

/** Rejects after a delay once it is started, or never. */
function createStopwatch(seconds: number | undefined, error: () => StateError) {
  let timer: NodeJS.Timeout | undefined;
  let reject: ((error: StateError) => void) | undefined;
  return {
    elapsed: new Promise<never>((_, fail) => (reject = fail)),
    start() {
      if (seconds !== undefined) timer ??= setTimeout(() => reject?.(error()), Math.min(seconds * 1000, maxTimerMs));
    },
    stop: () => clearTimeout(timer),
  };
}

async function parallel(state: ParallelState, input: unknown, run: Run): Promise<unknown> {
  run.last = run.host.record(run.last, "ParallelStateStarted");
  try {
    const outputs = await together(state.Branches.length, state.Branches.length, run, (index, inner) => {
      const branch = state.Branches[index];
      if (!branch) throw runtimeError(`There is no branch ${index}`);
      return through(branch, input, inner);
    });
    run.last = run.host.record(run.last, "ParallelStateSucceeded");
    return outputs;
  } catch (error) {
    if (!run.signal.aborted) run.last = run.host.record(run.last, "ParallelStateFailed");
    throw error;
  }
}

async function mapItems(
  name: string,
  state: MapState,
  input: unknown,
  run: Run,
  scope: (value: unknown) => Scope,
): Promise<unknown> {
  const items = state.ItemsPath === undefined ? input : query(state.ItemsPath, scope(input), "ItemsPath");
  if (!Array.isArray(items)) throw runtimeError(`The items of the Map state '${name}' are not an array`);
  const processor = state.ItemProcessor ?? state.Iterator;
  if (!processor) throw runtimeError(`The Map state '${name}' has no ItemProcessor`);
  const template = state.ItemSelector ?? state.Parameters;
  run.last = run.host.record(run.last, "MapStateStarted", { length: items.length });
  try {
    const most = state.MaxConcurrency || defaultMapConcurrency;
    const outputs = await together(items.length, most, run, async (index, inner) => {
      const value: unknown = items[index];
      const context = { ...run.context, Map: { Item: { Index: index, Value: value } } };
      const own = { ...inner, context };
      const { context: visible } = scope(input);
      const item =
        template === undefined
          ? value
          : fillTemplate(template, { data: input, context: { ...(visible as object), ...context } });
      own.last = run.host.record(run.last, "MapIterationStarted", { name, index });
      const output = await through(processor, item, own);
      run.host.record(own.last, "MapIterationSucceeded", { name, index });
      return output;
    });
    run.last = run.host.record(run.last, "MapStateSucceeded");
    return outputs;
  } catch (error) {
    if (!run.signal.aborted) run.last = run.host.record(run.last, "MapStateFailed");
    throw error;
  }
}

/** Runs parts side by side; the first that fails ends the others, and its error is the error of the whole. */
async function together(
  count: number,
  most: number,
  run: Run,
  part: (index: number, inner: Run) => Promise<unknown>,
): Promise<unknown[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  const outputs = new Array<unknown>(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      outputs[index] = await part(index, { ...run, signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(most, count) }, worker));
    return outputs;
  } finally {
    stop.abort();
  }
}

/** The error that ends a run from outside; the aborting code knows the reason, so nobody sees it. */
const abortedError = "Aborted";

function refuseIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw stateError(abortedError, "The run was ended.");
}

async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  refuseIfAborted(signal);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(stateError(abortedError, "The run was ended."));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener("abort", onAbort);
    // Abandoned work may still fail; its error is ignored.
    promise.catch(() => undefined);
  }
}

/** JSON text of the data that passes from state to state. */
function bounded(value: unknown, state: string): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxDataBytes) {
    const cause = `The state/task '${state}' returned a result with a size exceeding the maximum number of bytes service limit.`;
    throw stateError("States.DataLimitExceeded", cause);
  }
  return text;
}
