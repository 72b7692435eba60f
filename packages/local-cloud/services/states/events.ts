/**
 * The history of an execution, entry by entry, in the words of GetExecutionHistory: the same entries are kept on disk,
 * returned to the SDK and shown in the console.
 */
export interface HistoryEvent {
  /** From 1, without gaps. */
  readonly id: number;
  /** The entry that led to this one; 0 for the first. */
  readonly previousEventId: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly type: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes the next entry and returns its id, which the entries that follow from it reference. */
export type RecordEvent = (
  previousEventId: number,
  type: string,
  details?: Readonly<Record<string, unknown>>,
) => number;

/** The member of an entry on the wire that holds its details: `TaskStateEntered` has `stateEnteredEventDetails`. */
export function detailsMember(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}
