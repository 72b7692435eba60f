import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { folderInUseCode, folderInUse } from "pulumi-local-cloud/storage/lock";
import { defaultStack } from "pulumi-local-cloud/program/config";
import { evaluateProgram } from "pulumi-local-cloud/program/evaluate";
import { choosePipeline } from "./pipeline";
import { startingLine, type LocalPlace } from "./place";
import { checkOptions, findProgram } from "./program-file";
import { factsRoute, findOccupant, serviceOf, type Service } from "./running";
import type { OpenOptions, Target } from "./target";

/** Between two checks of a folder that another command holds. */
const folderPollMs = 100;
/** A shorter wait is not reported. */
const quietMs = 1_000;
/** A starting local mode first evaluates its program, which takes the longest. */
const silenceMs = 60_000;

/** A local mode, and the way to end it if it was started for this command. */
interface Opened extends Service {
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The pipeline of the local mode that holds a data folder, or of one that is started on it for this command alone. A
 * local mode that another command started for itself is not shared, since it ends with that command; this one waits for
 * its end.
 *
 * @throws Error in one line if the folder is not available, or as {@link checkOptions}; UsageError as {@link
 * findProgram} and {@link choosePipeline}
 */
export async function openLocalMode(place: LocalPlace, options: OpenOptions): Promise<Target> {
  const service = await openFolder(place, options);
  try {
    const pipeline = choosePipeline(service.pipelines, place.pipeline);
    const isOneOfSeveral = service.pipelines.length > 1;
    return {
      // Not the bucket's name, which every data folder has, nor the folder alone if several pipelines share it.
      name: isOneOfSeveral ? `${pipeline.name} in ${place.data}` : place.data,
      reportName: isOneOfSeveral ? `local-${pipeline.name}` : "local",
      clientConfig: service.clientConfig,
      photoBuckets: service.pipelines.map(({ photoBucket }) => photoBucket),
      apiUrl: pipeline.apiUrl,
      pollMilliseconds: 40,
      resource: (name) => pipeline[name],
      pending: () => service.pending(),
      async explain() {
        if (await service.isThere()) return undefined;
        return (
          `The local mode at ${service.url} no longer responds. Restart it on the same data folder, where ` +
          "pending work continues, and process the photo again."
        );
      },
      idle: () => service.idle(),
      close: () => service.close(),
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

async function openFolder(place: LocalPlace, { print, announce, signal }: OpenOptions): Promise<Opened> {
  const { data, config, configuration } = place;
  let isTold = false;
  const reportWaiting = (pid: number): void => {
    if (!isTold) print(`Waiting for another avatar-pipeline (process ${pid}) that uses the data folder ${data}.`);
    isTold = true;
  };
  for (;;) {
    const running = await awaitTurn(data, signal, reportWaiting);
    if (running) {
      const isReported = reportIgnored(place, running, print);
      if (announce === true && !isReported) print(`The local mode at ${running.url} is used.`);
      return { ...running, idle: () => Promise.resolve(), close: () => Promise.resolve() };
    }
    // Only now: a running local mode has its own program and settings.
    const program = findProgram(place.program);
    await checkOptions(program, { stack: configuration, config });
    const started = { program, stack: configuration ?? defaultStack };
    try {
      // Loaded here: the services take a while to load, and a running local mode has its own.
      const { startLocalCloud } = await import("./start-cloud.js");
      const cloud = await startLocalCloud({
        port: 0,
        data,
        // Called once this process holds the folder.
        graph: ({ serves }) => {
          if (announce === true) print(startingLine(data));
          return evaluateProgram({ ...started, serves, cache: resolve(data, "program"), config, signal });
        },
        routes: (parts) => [factsRoute(parts, { ...started, stays: false })],
        onWarning: print,
      });
      return { ...serviceOf(cloud, started), idle: () => cloud.idle(), close: () => cloud.close() };
    } catch (error) {
      // Another command was quicker: wait for that one as well.
      if ((error as NodeJS.ErrnoException).code !== folderInUseCode) throw error;
    }
  }
}

/**
 * Reports the options without effect, because a local mode already runs with others.
 *
 * @returns whether there are any
 */
function reportIgnored(place: LocalPlace, { url, started }: Service, print: (line: string) => void): boolean {
  const { program, config, configuration } = place;
  const options = [
    program !== undefined && findProgram(program) !== started.program && "--program",
    configuration !== undefined && configuration !== started.stack && "--stack",
    Object.keys(config).length > 0 && "--config",
  ].filter((option) => option !== false);
  if (options.length === 0) return false;
  const are = options.length > 1 ? "are" : "is";
  print(`${options.join(" and ")} ${are} left out: the local mode at ${url} is used, as it was started.`);
  return true;
}

/** @returns the local mode to use; undefined if the folder is free */
async function awaitTurn(
  data: string,
  signal: AbortSignal | undefined,
  reportWaiting: (pid: number) => void,
): Promise<Service | undefined> {
  const began = Date.now();
  let heard = began;
  for (;;) {
    const occupant = await findOccupant(data);
    signal?.throwIfAborted();
    if (occupant === undefined) return undefined;
    if (occupant.is === "service") return occupant.service;
    if (occupant.is === "command") heard = Date.now();
    if (Date.now() - heard > silenceMs) throw folderInUse(data, occupant);
    if (Date.now() - began > quietMs) reportWaiting(occupant.pid);
    await sleep(folderPollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
