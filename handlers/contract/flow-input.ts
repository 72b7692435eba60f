import type { ExecutionEndedEvent, ObjectCreatedEvent } from "./flow-data";

/** The purpose of an execution. */
export interface Started {
  /** The object that the input names; undefined if it names none. */
  readonly created: ObjectCreatedEvent | undefined;
  /** The execution that ended without closing its upload, if this one has to close it. */
  readonly closes: ExecutionEndedEvent["detail"] | undefined;
}

/**
 * Reads an execution's input in each form of `FlowInput`. If an operator sent a dead letter again, the closed
 * execution's input may itself close another execution: the object is the innermost one's.
 *
 * @param input the parsed JSON; anybody who may start an execution can pass any value
 */
export function readFlowInput(input: unknown): Started {
  const ended = endedIn(input);
  return { created: createdIn(input), closes: ended?.detail };
}

function endedIn(input: unknown): ExecutionEndedEvent | undefined {
  const event = member(input, "interrupted") ?? input;
  return typeof member(member(event, "detail"), "executionArn") === "string"
    ? (event as ExecutionEndedEvent)
    : undefined;
}

function createdIn(input: unknown): ObjectCreatedEvent | undefined {
  let inner = input;
  for (let ended = endedIn(inner); ended !== undefined; ended = endedIn(inner)) {
    inner = parsed(ended.detail.input ?? "{}");
  }
  return typeof member(member(member(inner, "detail"), "object"), "key") === "string"
    ? (inner as ObjectCreatedEvent)
    : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
