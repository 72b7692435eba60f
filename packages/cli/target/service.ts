import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FOLDER_IN_USE, folderInUse } from "pulumi-local-cloud/storage/lock";
import { checkSettings, DEFAULT_STACK } from "pulumi-local-cloud/program/config";
import { evaluateProgram } from "pulumi-local-cloud/program/evaluate";
import { choosePipeline, type Pipeline } from "./pipeline";
import { findProgram } from "./program-file";
import { factsRoute, findOccupant, serviceOf, type Service } from "./running";
import { startLocalCloud } from "./start-cloud";

export interface OpenOptions {
  /** The data folder. */
  readonly data: string;
  /** The program's entry file, by default the project's; of a local mode that runs, it is that one's. */
  readonly program?: string | undefined;
  readonly stack?: string | undefined;
  /** The pipeline's name, as {@link choosePipeline} takes it. */
  readonly pipeline: string | undefined;
  readonly config?: Readonly<Record<string, string>>;
  /** Ends the waiting and the start, which then reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Tells a person a line. */
  readonly print: (line: string) => void;
}

export interface OpenService extends Service {
  readonly pipeline: Pipeline;
  /** Resolves when what was begun has ended; at once where the service is another process's, which goes on. */
  idle(): Promise<void>;
  /** Ends what was started for this command, and nothing else. */
  close(): Promise<void>;
}

const POLL_MS = 100;
/** Of an end that takes no longer nobody needs to hear. */
const QUIET_MS = 1_000;
/** A local mode that begins evaluates its program first, which takes the longest. */
const SILENCE_MS = 60_000;

/**
 * The local mode that has a data folder, or one that is started on it for this command alone. What another command has
 * started for itself is not shared, since it ends under its user's hands; its end is waited for.
 *
 * @throws Error in one line when the folder cannot be had, or as {@link checkSettings}; UsageError as
 * {@link findProgram} and {@link choosePipeline}
 */
export async function openService(options: OpenOptions): Promise<OpenService> {
  const service = await openFolder(options);
  try {
    return { ...service, pipeline: choosePipeline(service.pipelines, options.pipeline) };
  } catch (error) {
    await service.close();
    throw error;
  }
}

async function openFolder(options: OpenOptions): Promise<Omit<OpenService, "pipeline">> {
  const { data, signal, print, config = {} } = options;
  let isTold = false;
  const tellWaiting = (pid: number): void => {
    if (!isTold) print(`Waiting for another avatar-pipeline (process ${pid}) that uses the data folder ${data}.`);
    isTold = true;
  };
  for (;;) {
    const running = await awaitTurn(options, tellWaiting);
    if (running) {
      tellLeftOut(options, running);
      return { ...running, idle: () => Promise.resolve(), close: () => Promise.resolve() };
    }
    // Not before: what runs already has its program and its settings.
    const program = options.program ?? findProgram(undefined);
    await checkSettings(program, { stack: options.stack, config }, { stack: "--stack", config: "--config" });
    const started = { program, stack: options.stack ?? DEFAULT_STACK };
    try {
      const cloud = await startLocalCloud({
        port: 0,
        data,
        graph: ({ serves }) =>
          evaluateProgram({
            ...started,
            serves,
            cache: resolve(data, "program"),
            config,
            signal,
          }),
        routes: (parts) => [factsRoute(parts, { ...started, stays: false })],
        onWarning: print,
      });
      return { ...serviceOf(cloud, started), idle: () => cloud.idle(), close: () => cloud.close() };
    } catch (error) {
      // Another command was quicker: it is waited for as well.
      if ((error as NodeJS.ErrnoException).code !== FOLDER_IN_USE) throw error;
    }
  }
}

/** Tells which options are of no use, as a local mode runs already, with others. */
function tellLeftOut({ program, stack, config = {}, print }: OpenOptions, { url, started }: Service): void {
  const options = [
    program !== undefined && program !== started.program && "--program",
    stack !== undefined && stack !== started.stack && "--stack",
    Object.keys(config).length > 0 && "--config",
  ].filter((option) => option !== false);
  if (options.length === 0) return;
  const are = options.length > 1 ? "are" : "is";
  print(`${options.join(" and ")} ${are} left out: the local mode at ${url} is used, as it was started.`);
}

/** @returns the local mode to use; undefined when the folder is free */
async function awaitTurn(
  { data, signal }: OpenOptions,
  tellWaiting: (pid: number) => void,
): Promise<Service | undefined> {
  const began = Date.now();
  let heard = began;
  for (;;) {
    const occupant = await findOccupant(data);
    signal?.throwIfAborted();
    if (occupant === undefined) return undefined;
    if (occupant.is === "service") return occupant.service;
    if (occupant.is === "command") heard = Date.now();
    if (Date.now() - heard > SILENCE_MS) throw folderInUse(data, occupant);
    if (Date.now() - began > QUIET_MS) tellWaiting(occupant.pid);
    await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}
