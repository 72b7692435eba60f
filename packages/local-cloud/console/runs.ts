import type { Execution, HistoryEvent } from "../services/states";

/** The status of one visit to a state. */
export type VisitStatus =
  | "running"
  /** Its last attempt failed; it waits for the next. */
  | "waiting"
  | "succeeded"
  /** It failed, and a catcher handled the error. */
  | "caught"
  | "failed"
  /** It was left because another failure or a stop ended the execution. */
  | "stopped";

/** One call of a Task's function. */
export interface Attempt {
  /** Milliseconds since 1970, like every time here. */
  readonly scheduledAt: number;
  readonly endedAt?: number;
  /** JSON text: the function's input and result. */
  readonly input?: string;
  readonly output?: string;
  readonly failure?: Failure;
}

export interface Failure {
  readonly error: string;
  readonly cause: string;
}

/** One visit to a state, from its entry to its exit. */
export interface Visit {
  /** The history entry that begins it. */
  readonly id: number;
  readonly name: string;
  /** `Task`, `Choice`, … */
  readonly type: string;
  /** The visit to the Parallel or Map that it is a part of. */
  readonly parent?: number;
  /** The visit that led to it. */
  readonly previous?: number;
  readonly status: VisitStatus;
  readonly enteredAt: number;
  readonly endedAt?: number;
  /** JSON text of the state's data before and after. */
  readonly input?: string;
  readonly output?: string;
  readonly attempts: readonly Attempt[];
  readonly failure?: Failure;
}

interface Draft {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly parent?: number;
  readonly previous?: number;
  readonly enteredAt: number;
  readonly round: number;
  readonly attempts: Attempt[];
  input?: string;
  output?: string;
  endedAt?: number;
  failure?: Failure;
}

/** The name of a Parallel's failure: the history reports the error only with the branch's own state. */
export const branchFailed = "A branch failed";

const entered = "StateEntered";
const exited = "StateExited";
/** Entries inside which a Parallel's branches and a Map's iterations begin. */
const opening = new Set(["ParallelStateStarted", "MapStateStarted", "MapIterationStarted"]);

/**
 * The visits of an execution, in the order in which they began.
 *
 * An entry belongs to the visit of the entry that it follows from, because the entries of parallel branches are
 * interleaved. If the local mode ended and began the execution again, the visits of both rounds are given.
 */
export function visitsOf(execution: Execution, history: readonly HistoryEvent[]): readonly Visit[] {
  const drafts = new Map<number, Draft>();
  const owners = new Map<number, Draft>();
  const types = new Map<number, string>();
  let round = 0;
  for (const event of history) {
    types.set(event.id, event.type);
    if (event.type === "ExecutionStarted") round++;
    const before = owners.get(event.previousEventId);
    if (event.type.endsWith(entered)) {
      const draft = enter(event, before, opening.has(types.get(event.previousEventId) ?? ""), round);
      drafts.set(event.id, draft);
      owners.set(event.id, draft);
    } else if (before) {
      owners.set(event.id, before);
      follow(before, event);
    }
  }
  const last = [...drafts.values()].at(-1);
  return [...drafts.values()].map((draft) => finish(draft, execution, round, draft === last));
}

function enter(event: HistoryEvent, before: Draft | undefined, isInside: boolean, round: number): Draft {
  const parent = isInside ? before?.id : before?.parent;
  return {
    id: event.id,
    name: text(event, "name") ?? "",
    type: event.type.slice(0, -entered.length),
    enteredAt: event.timestamp,
    round,
    attempts: [],
    ...defined("input", text(event, "input")),
    ...defined("parent", parent),
    ...defined("previous", isInside ? undefined : before?.id),
  };
}

function follow(draft: Draft, event: HistoryEvent): void {
  const { type, timestamp } = event;
  if (type.endsWith(exited)) {
    draft.endedAt = timestamp;
    Object.assign(draft, defined("output", text(event, "output")));
  } else if (/Scheduled$/.test(type)) {
    draft.attempts.push({ scheduledAt: timestamp, ...defined("input", text(event, "input")) });
    delete draft.failure;
  } else if (opening.has(type)) {
    // A Parallel that is retried.
    delete draft.failure;
  } else if (/(Failed|TimedOut)$/.test(type) && !type.startsWith("Execution")) {
    const failure = { error: text(event, "error") ?? "", cause: text(event, "cause") ?? "" };
    endAttempt(draft, { endedAt: timestamp, failure });
    if (draft.type === "Task" || failure.error !== "") draft.failure = failure;
    else draft.failure = { error: branchFailed, cause: "" };
  } else if (/^(LambdaFunction|Task)Succeeded$/.test(type)) {
    endAttempt(draft, { endedAt: timestamp, ...defined("output", text(event, "output")) });
  }
}

function endAttempt(draft: Draft, end: Partial<Attempt>): void {
  const last = draft.attempts.pop();
  if (last) draft.attempts.push({ ...last, ...end });
}

function finish({ round, ...draft }: Draft, execution: Execution, rounds: number, isLast: boolean): Visit {
  if (draft.endedAt !== undefined) return { ...draft, status: draft.failure ? "caught" : "succeeded" };
  const isOver = execution.status !== "RUNNING" || round < rounds;
  if (!isOver) return { ...draft, status: draft.failure ? "waiting" : "running" };
  const endedAt = round < rounds ? undefined : execution.stopDate;
  const known = { ...draft, ...defined("endedAt", endedAt) };
  // A Fail state has no exit; neither has a state in which the definition itself turns out to be wrong.
  if (execution.status === "FAILED" && isLast && !draft.failure) {
    return { ...known, status: "failed", failure: { error: execution.error ?? "", cause: execution.cause ?? "" } };
  }
  return { ...known, status: draft.failure && round === rounds ? "failed" : "stopped" };
}

/** The transitions that were taken: the name of the state before and after, once each pair. */
export function transitionsOf(visits: readonly Visit[]): ReadonlySet<string> {
  const names = new Map(visits.map(({ id, name }) => [id, name]));
  return new Set(
    visits.flatMap(({ name, previous }) => {
      const from = previous === undefined ? undefined : names.get(previous);
      return from === undefined ? [] : [transition(from, name)];
    }),
  );
}

/** A key for one transition between two states. */
export function transition(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

function text({ details }: HistoryEvent, member: string): string | undefined {
  const value = details?.[member];
  return typeof value === "string" ? value : undefined;
}

function defined<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}
