import { announce } from "./announce";
import type { DeclaredMachine } from "./declared";
import { asStateError, type StateError } from "./errors";
import type { Execution } from "./executions";
import { hostOf } from "./host";
import { interpret, maxTimerMs, type Host } from "./interpreter";
import { notifyListeners, type MachinesState, type Verdict } from "./running";

/** Runs an execution that is on disk, from the start of its machine to its end; never rejects. */
export function begin(state: MachinesState, execution: Execution, input: string, firstEventId: number): void {
  const { running } = state;
  const stop = new AbortController();
  let finish: () => void = () => undefined;
  running.set(execution.arn, { stop, done: new Promise<void>((resolve) => (finish = resolve)) });
  void announce(state, execution, input, undefined);
  void conduct(state, execution, input, firstEventId, stop.signal).finally(() => {
    running.delete(execution.arn);
    finish();
  });
}

/** Ends an execution under way from outside; the first verdict counts. */
export function finishEarly(state: MachinesState, arn: string, verdict: Verdict): void {
  const run = state.running.get(arn);
  if (!run || run.verdict) return;
  run.verdict = verdict;
  run.stop.abort();
}

async function conduct(
  state: MachinesState,
  execution: Execution,
  input: string,
  firstEventId: number,
  signal: AbortSignal,
): Promise<void> {
  const machine = state.machines.get(execution.machineArn);
  let nextId = firstEventId + 1;
  const record: Host["record"] = (previousEventId, type, details) => {
    const event = { id: nextId++, previousEventId, timestamp: Date.now(), type, ...(details ? { details } : {}) };
    if (state.closed) return event.id;
    state.store.append(execution.arn, event);
    notifyListeners(state, execution, event);
    return event.id;
  };
  if (!machine) {
    const cause = "The program no longer declares the execution's state machine.";
    record(firstEventId, "ExecutionAborted", { error: "States.Runtime", cause });
    return end(state, execution, { status: "ABORTED", error: "States.Runtime", cause }, input, undefined);
  }
  const { declared, definition } = machine;
  const timer = expiry(state, execution, definition.TimeoutSeconds);
  try {
    const host = hostOf(state, declared, record);
    const context = contextOf(declared, execution, JSON.parse(input));
    const { output, lastEventId } = await interpret(definition, JSON.parse(input), context, host, signal, firstEventId);
    const text = JSON.stringify(output);
    record(lastEventId, "ExecutionSucceeded", { output: text });
    await end(state, execution, { status: "SUCCEEDED" }, input, text);
  } catch (thrown) {
    // Closing leaves the execution as it is on disk: RUNNING, and the next start restarts it.
    if (state.closed) return;
    const verdict = state.running.get(execution.arn)?.verdict ?? failureOf(asStateError(thrown));
    const type =
      { TIMED_OUT: "ExecutionTimedOut", ABORTED: "ExecutionAborted" }[verdict.status as string] ?? "ExecutionFailed";
    record(nextId - 1, type, { error: verdict.error, cause: verdict.cause });
    await end(state, execution, verdict, input, undefined);
  } finally {
    clearTimeout(timer);
  }
}

const failureOf = ({ name, message }: StateError): Verdict => ({ status: "FAILED", error: name, cause: message });

/** The timer of the machine's own timeout, which counts from the execution's start, restarts included. */
function expiry(state: MachinesState, execution: Execution, seconds: number | undefined): NodeJS.Timeout | undefined {
  if (seconds === undefined) return undefined;
  const left = execution.startDate + seconds * 1000 - Date.now();
  return setTimeout(
    () => finishEarly(state, execution.arn, { status: "TIMED_OUT", error: "States.Timeout" }),
    Math.min(Math.max(0, left), maxTimerMs),
  ).unref();
}

async function end(
  state: MachinesState,
  execution: Execution,
  verdict: Verdict,
  input: string,
  output: string | undefined,
): Promise<void> {
  const ended = { ...execution, ...verdict, stopDate: Date.now(), unannounced: true };
  await state.store.settle(execution.arn);
  await state.store.update(ended);
  notifyListeners(state, ended);
  await announce(state, ended, input, output);
}

/** The context object, which states read as `$$`. */
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
