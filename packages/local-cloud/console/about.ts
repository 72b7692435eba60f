import type { Execution } from "../services/states";
import type { Light } from "./graph/draw";
import { branchFailed, visitsOf, type Failure, type Visit } from "./runs";
import type { Subject, Words } from "./program";
import type { MachineSource } from "./sources";

/** The subject of an execution and how it ended, as far as its input and its path through the machine show. */
export interface About {
  readonly subject: Subject;
  /** The last state that it entered. */
  readonly state?: string | undefined;
  /** The first judgement or fault that it met. */
  readonly failure?: Failure | undefined;
  readonly light: Light;
  /** The outcome in a word: `Accepted`, `running`, … */
  readonly word: string;
}

export type AboutOf = (execution: Execution) => About;

/** Number of ended executions whose subject is remembered, so that each history is read once. */
const maxRemembered = 2_000;

export function createAbout(machines: MachineSource, words: Words): AboutOf {
  const remembered = new Map<string, About>();
  return (execution) => {
    const known = remembered.get(execution.arn);
    if (known) return known;
    const history = machines.history(execution.arn);
    const about = aboutOf(execution, visitsOf(execution, history), history[0]?.details?.["input"], words);
    if (execution.status !== "RUNNING") {
      for (const oldest of remembered.keys()) {
        if (remembered.size < maxRemembered) break;
        remembered.delete(oldest);
      }
      remembered.set(execution.arn, about);
    }
    return about;
  };
}

export function aboutOf(execution: Execution, visits: readonly Visit[], input: unknown, words: Words): About {
  const open = visits.filter(({ status }) => status === "running" || status === "waiting");
  const state = (execution.status === "RUNNING" ? open.at(-1) : visits.at(-1))?.name;
  const failures = visits.flatMap(({ failure }) => failure ?? []);
  const failure = failures.find(({ error }) => error !== branchFailed) ?? ownFailure(execution);
  return {
    subject: words.subjectOf(typeof input === "string" ? input : ""),
    state,
    failure,
    ...outcome(execution, failures, state, words),
  };
}

function ownFailure({ error, cause }: Execution): Failure | undefined {
  return error === undefined ? undefined : { error, cause: cause ?? "" };
}

function outcome(
  execution: Execution,
  failures: readonly Failure[],
  state: string | undefined,
  { judgement }: Words,
): { readonly light: Light; readonly word: string } {
  switch (execution.status) {
    case "RUNNING":
      return { light: "running", word: "Running" };
    case "SUCCEEDED":
      return {
        light: failures.some(({ error }) => judgement(error) !== undefined) ? "refused" : "succeeded",
        word: state ?? "Succeeded",
      };
    case "FAILED":
      return { light: "failed", word: "Failed" };
    case "TIMED_OUT":
      return { light: "failed", word: "Timed out" };
    case "ABORTED":
      return { light: "stopped", word: "Aborted" };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** How the state of a visit is lit. */
export function lightOf({ status, failure }: Visit, { judgement }: Words): Light {
  switch (status) {
    case "running":
    case "waiting":
      return "running";
    case "succeeded":
      return "succeeded";
    case "caught":
    case "failed":
      return failure && judgement(failure.error) !== undefined ? "refused" : "failed";
    case "stopped":
      return "stopped";
  }
}

/** An error in words: the program's for a judgement, otherwise the function's own report. */
export interface Explained {
  readonly error: string;
  readonly title: string;
  readonly more: string;
  readonly stack: readonly string[];
}

export function explain({ error, cause }: Failure, { judgement }: Words): Explained {
  const reported = parse(cause);
  const message = member(reported, "errorMessage");
  const trace = member(reported, "trace") ?? member(reported, "stackTrace");
  const stack = Array.isArray(trace) ? trace.map(String) : [];
  const text = typeof message === "string" ? message : cause;
  const judged = judgement(error);
  return judged === undefined ? { error, title: text, more: "", stack } : { error, title: judged, more: text, stack };
}

/** The part of an execution's ARN that names it here: `machine:name`. */
export function idOf({ arn }: Execution): string {
  return arn.slice(arn.indexOf(":execution:") + ":execution:".length);
}

export function executionPath(execution: Execution): string {
  return `/_console/executions/${encodeURIComponent(idOf(execution))}`;
}
