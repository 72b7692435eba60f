import type { ExecutionEndedEvent, FlowInput, ObjectCreatedEvent } from "./flow-data";

/** What an execution was started for. */
export interface Started {
  /** The object that it is about; undefined when the input names none. */
  readonly created: ObjectCreatedEvent | undefined;
  /** The execution that ended without a word, if this one is to close what it left open. */
  readonly closes: ExecutionEndedEvent["detail"] | undefined;
}

/**
 * Reads an execution's input in any of its forms. The input of an execution that is closed may itself have been one to
 * close another, when an operator sent a dead letter again: the object is the innermost one's.
 */
export function readFlowInput(input: FlowInput): Started {
  const ended = endedIn(input);
  return { created: createdIn(input), closes: ended?.detail };
}

function endedIn(input: FlowInput): ExecutionEndedEvent | undefined {
  if ("interrupted" in input) return input.interrupted;
  return "executionArn" in (input.detail ?? {}) ? (input as ExecutionEndedEvent) : undefined;
}

function createdIn(input: FlowInput): ObjectCreatedEvent | undefined {
  let inner = input;
  for (let ended = endedIn(inner); ended !== undefined; ended = endedIn(inner)) {
    inner = JSON.parse(ended.detail.input ?? "{}") as FlowInput;
  }
  const created = inner as Partial<ObjectCreatedEvent>;
  return created.detail?.object?.key === undefined ? undefined : (created as ObjectCreatedEvent);
}
