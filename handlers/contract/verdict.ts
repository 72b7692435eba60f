import type { Failures } from "./flow-data";
import { isRejection, type ReasonCode } from "./reasons";

/** The outcome of a failed execution. */
export interface Verdict {
  readonly outcome: "rejected" | "failed";
  /** The step that ended it. */
  readonly step: string;
  readonly reason: ReasonCode;
  /** The measurement or the error: for operators. */
  readonly detail: string;
}

/**
 * Turns the errors that the machine caught, `{step: {Error, Cause}}` each, into one verdict. If both branches of
 * Process failed, a refusal of the photo decides: the photo would be refused again even after the other fault is fixed.
 */
export function verdictOf(caught: readonly Failures[]): Verdict {
  const failures = caught.flatMap((failure) => Object.entries(failure));
  const undo = failures.find(([name]) => name === "Undo");
  const refusal = failures.find(([, { Error: name = "" }]) => isRejection(name));
  const [step, failure] = undo ?? refusal ?? failures[0] ?? ["Unknown", {}];
  const name = failure.Error ?? "Unknown";
  const detail = `${name}: ${causeText(failure.Cause ?? "no cause was given")}`;
  return isRejection(name)
    ? { outcome: "rejected", step, reason: name, detail }
    : { outcome: "failed", step, reason: "INTERNAL", detail };
}

/** A function's error arrives as JSON text, `{errorType, errorMessage, trace}`; a service's as plain text. */
function causeText(cause: string): string {
  try {
    const parsed = JSON.parse(cause) as { errorMessage?: unknown } | null;
    return typeof parsed?.errorMessage === "string" ? parsed.errorMessage : cause;
  } catch {
    return cause;
  }
}
