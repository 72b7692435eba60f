import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openKeptMap, type KeptMap } from "../../storage/kept-map";
import { appendToLog, openLog, readLog } from "../../storage/log";
import type { HistoryEvent } from "./events";

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** The summary of an execution, without its history. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly status: ExecutionStatus;
  /** Milliseconds since 1970. */
  readonly startDate: number;
  readonly stopDate?: number;
  readonly error?: string;
  readonly cause?: string;
  /** The number of restarts because the local mode ended in the middle of it. */
  readonly restarts?: number;
  /** The event bus has not accepted its status change yet. */
  readonly unannounced?: boolean;
}

/**
 * The executions of all machines, kept in a folder: a summary of each in memory and in one log, and a file each with
 * its history, which is in memory only while it runs.
 */
export interface ExecutionStore {
  get(arn: string): Execution | undefined;
  /** Oldest first. */
  list(): Iterable<Execution>;
  /** Writes a new execution with its first entries; on disk when this fulfils. */
  create(execution: Execution, events: readonly HistoryEvent[]): Promise<void>;
  update(execution: Execution): Promise<void>;
  /** Adds an entry to the history of an execution that was created or resumed. */
  append(arn: string, event: HistoryEvent): void;
  /** Loads the history of an execution into memory again, and returns it. */
  resume(arn: string): readonly HistoryEvent[];
  /** Releases the history of an execution that has ended, once it is on disk. */
  settle(arn: string): Promise<void>;
  history(arn: string): readonly HistoryEvent[];
  close(): Promise<void>;
}

/** Maximum number of ended executions; the oldest beyond it are dropped. */
const maxKept = 10_000;

/**
 * @param onError receives the error of entries that could not be written, for example on a full disk: the history lacks
 * them
 */
export async function openExecutionStore(folder: string, onError: (line: string) => void): Promise<ExecutionStore> {
  mkdirSync(join(folder, "history"), { recursive: true });
  const summaries: KeptMap<Execution> = await openKeptMap(join(folder, "executions.log"));
  const live = new Map<string, HistoryEvent[]>();
  const unwritten = new Map<string, HistoryEvent[]>();
  let writing: Promise<void> | undefined;
  await prune();

  function fileOf(arn: string): string {
    const [machine = "", name = ""] = arn.split(":execution:")[1]?.split(":") ?? [];
    return join(folder, "history", `${encodeURIComponent(machine)}.${encodeURIComponent(name)}.jsonl`);
  }

  async function prune(): Promise<void> {
    const ended = [...summaries.entries()].filter(
      ([, { status, unannounced }]) => status !== "RUNNING" && !unannounced,
    );
    for (const [arn] of ended.slice(0, Math.max(0, ended.length - maxKept))) {
      await summaries.delete(arn);
      await rm(fileOf(arn), { force: true });
    }
  }

  /** One write per file for all entries of the moment. */
  async function flush(): Promise<void> {
    await new Promise(setImmediate);
    while (unwritten.size > 0) {
      const batch = [...unwritten];
      unwritten.clear();
      for (const [arn, events] of batch) {
        try {
          appendToLog(fileOf(arn), events);
        } catch (error) {
          onError(`${events.length} entries of ${arn} could not be kept: ${(error as Error).message}`);
        }
      }
    }
    writing = undefined;
  }

  return {
    get: (arn) => summaries.get(arn),
    *list() {
      for (const [, execution] of summaries.entries()) yield execution;
    },
    async create(execution, events) {
      live.set(execution.arn, [...events]);
      appendToLog(fileOf(execution.arn), events);
      await summaries.set(execution.arn, execution);
    },
    update: (execution) => summaries.set(execution.arn, execution),
    append(arn, event) {
      live.get(arn)?.push(event);
      const events = unwritten.get(arn);
      if (events) events.push(event);
      else unwritten.set(arn, [event]);
      writing ??= flush();
    },
    resume(arn) {
      const events: HistoryEvent[] = [];
      // Opening cuts off a last line that a kill left incomplete, so that nothing is joined to it.
      openLog<HistoryEvent>(fileOf(arn), { replay: (event) => events.push(event), damaged: skip }).close();
      live.set(arn, events);
      return [...events];
    },
    async settle(arn) {
      await writing;
      live.delete(arn);
    },
    history: (arn) => live.get(arn) ?? readHistory(fileOf(arn)),
    async close() {
      await writing;
      await summaries.close();
    },
  };
}

/** Earlier versions left blank and incomplete lines in a history; the entries around them are valid. */
const skip = (): undefined => undefined;

/** Empty if the file was deleted by hand: only the summary is left. */
function readHistory(file: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  readLog<HistoryEvent>(file, { replay: (event) => events.push(event), damaged: skip });
  return events;
}
