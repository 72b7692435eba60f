import type { CloudEvent, CloudIdentity } from "../../gateway/service";
import type { Authorizer } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import type { Machine } from "./declared";
import type { HistoryEvent } from "./events";
import type { Execution, ExecutionStatus, ExecutionStore } from "./executions";

/** The end of an execution that did not succeed. */
export interface Verdict {
  readonly status: ExecutionStatus;
  readonly error?: string;
  readonly cause?: string;
}

/** An execution under way in this process. */
export interface Running {
  readonly stop: AbortController;
  /** The reason for which it was ended from outside, once it was. */
  verdict?: Verdict;
  readonly done: Promise<void>;
}

export type Listener = (execution: Execution, event?: HistoryEvent) => void;

/** Everything that the executions of all machines share. */
export interface MachinesState {
  readonly identity: CloudIdentity;
  /** By ARN. */
  readonly machines: ReadonlyMap<string, Machine>;
  readonly functions: Pick<FunctionRuntime, "invoke" | "find">;
  readonly authorizer: Pick<Authorizer, "authorize">;
  readonly emit: (event: CloudEvent) => void | Promise<void>;
  readonly retryScale: number;
  readonly waitScale: number;
  readonly store: ExecutionStore;
  /** By the execution's ARN. */
  readonly running: Map<string, Running>;
  readonly listeners: Set<Listener>;
  /** Status changes that the bus has not accepted. */
  announcing: number;
  closed: boolean;
}

export function notifyListeners(state: MachinesState, execution: Execution, event?: HistoryEvent): void {
  for (const listener of state.listeners) listener(execution, event);
}
