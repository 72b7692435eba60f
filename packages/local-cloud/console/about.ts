import { readFlowInput } from "../../../handlers/contract/flow-input";
import { parseUploadKey } from "../../../handlers/contract/keys";
import { isRejection, reasons, type ReasonCode } from "../../../handlers/contract/reasons";
import type { Execution } from "pulumi-local-cloud/services/states/index";
import type { Light } from "./graph/draw";
import { BRANCH_FAILED, visitsOf, type Failure, type Visit } from "./runs";
import type { MachineSource } from "./sources";

/** What an execution is about and how it ended, as far as its input and its way tell. */
export interface About {
  readonly studentId?: string;
  readonly fileName?: string;
  /** The last state that it came to. */
  readonly state?: string;
  /** The first judgement or fault that it met. */
  readonly failure?: Failure;
  readonly light: Light;
  /** The outcome in a word: `Accepted`, `running`, … */
  readonly word: string;
}

export type AboutOf = (execution: Execution) => About;

/** Ended executions of which it is remembered what they are about, so that their histories are read once. */
const MAX_REMEMBERED = 2_000;

export function createAbout(machines: MachineSource): AboutOf {
  const remembered = new Map<string, About>();
  return (execution) => {
    const known = remembered.get(execution.arn);
    if (known) return known;
    const history = machines.history(execution.arn);
    const about = aboutOf(execution, visitsOf(execution, history), history[0]?.details?.["input"]);
    if (execution.status !== "RUNNING") {
      for (const oldest of remembered.keys()) {
        if (remembered.size < MAX_REMEMBERED) break;
        remembered.delete(oldest);
      }
      remembered.set(execution.arn, about);
    }
    return about;
  };
}

export function aboutOf(execution: Execution, visits: readonly Visit[], input: unknown): About {
  const open = visits.filter(({ status }) => status === "running" || status === "waiting");
  const state = (execution.status === "RUNNING" ? open.at(-1) : visits.at(-1))?.name;
  const failures = visits.flatMap(({ failure }) => failure ?? []);
  const failure = failures.find(({ error }) => error !== BRANCH_FAILED) ?? ownFailure(execution);
  return {
    ...photoOf(typeof input === "string" ? input : ""),
    ...(state === undefined ? {} : { state }),
    ...(failure === undefined ? {} : { failure }),
    ...outcome(execution, failures, state),
  };
}

function ownFailure({ error, cause }: Execution): Failure | undefined {
  return error === undefined ? undefined : { error, cause: cause ?? "" };
}

function outcome(
  execution: Execution,
  failures: readonly Failure[],
  state: string | undefined,
): { readonly light: Light; readonly word: string } {
  switch (execution.status) {
    case "RUNNING":
      return { light: "running", word: "Running" };
    case "SUCCEEDED":
      return {
        light: failures.some(({ error }) => isRejection(error)) ? "refused" : "succeeded",
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

/** Student and file of the object that an execution's input names, be it one that closes another's upload. */
function photoOf(input: string): { readonly studentId?: string; readonly fileName?: string } {
  const key = readFlowInput(parse(input)).created?.detail.object.key;
  if (key === undefined) return {};
  const studentId = parseUploadKey(key)?.studentId;
  return {
    fileName: key.slice(key.lastIndexOf("/") + 1),
    ...(studentId === undefined ? {} : { studentId }),
  };
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
export function lightOf({ status, failure }: Visit): Light {
  switch (status) {
    case "running":
    case "waiting":
      return "running";
    case "succeeded":
      return "succeeded";
    case "caught":
    case "failed":
      return failure && isRejection(failure.error) ? "refused" : "failed";
    case "stopped":
      return "stopped";
  }
}

/** An error in words: the catalogue's for a judgement on the photo, otherwise what the function reported. */
export interface Explained {
  readonly error: string;
  readonly title: string;
  readonly more: string;
  readonly stack: readonly string[];
}

export function explain({ error, cause }: Failure): Explained {
  const reported = parse(cause);
  const message = member(reported, "errorMessage");
  const trace = member(reported, "trace") ?? member(reported, "stackTrace");
  const stack = Array.isArray(trace) ? trace.map(String) : [];
  const text = typeof message === "string" ? message : cause;
  if (!isRejection(error)) return { error, title: text, more: "", stack };
  return { error, title: reasons[error].title.en, more: text, stack };
}

/** Title and remedy of a reason in the table; the code itself where the catalogue does not know it. */
export function reasonText(code: string): string {
  return Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].title.en : code;
}

/** The part of an execution's ARN that names it here: `machine:name`. */
export function idOf({ arn }: Execution): string {
  return arn.slice(arn.indexOf(":execution:") + ":execution:".length);
}

export function executionPath(execution: Execution): string {
  return `/_console/executions/${encodeURIComponent(idOf(execution))}`;
}
