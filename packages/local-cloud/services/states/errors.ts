/** An error of a state, by the name that Retry and Catch match. */
export interface StateError extends Error {
  /** The error's name in the state machine: `States.Timeout`, `Lambda.ServiceException`, or the function's own name. */
  readonly name: string;
  /** Text; for a function's error the JSON that the function's runtime reported. */
  readonly message: string;
}

export function stateError(error: string, cause: string): StateError {
  return Object.assign(new Error(cause), { name: error });
}

/**
 * A mistake of the definition that only shows at run time, such as a path to nothing. Nothing retries or catches it.
 */
export function runtimeError(cause: string): StateError {
  return stateError("States.Runtime", cause);
}

/** Errors that `States.ALL` does not match. */
const uncatchable = new Set(["States.Runtime", "States.DataLimitExceeded"]);

/**
 * Whether one of the names in `ErrorEquals` matches an error.
 *
 * @param ofTask `States.TaskFailed` matches only a Task's errors
 */
export function matchesError(names: readonly string[], error: string, ofTask: boolean): boolean {
  if (error === "States.Runtime") return false;
  return names.some((name) => {
    if (name === error) return true;
    if (name === "States.ALL") return !uncatchable.has(error);
    if (name === "States.TaskFailed") return ofTask && !uncatchable.has(error) && !isTimeout(error);
    return name === "States.Timeout" && isTimeout(error);
  });
}

function isTimeout(error: string): boolean {
  return error === "States.Timeout" || error === "States.HeartbeatTimeout";
}

export function asStateError(error: unknown): StateError {
  if (error instanceof Error) return error;
  return stateError("States.Runtime", String(error));
}
