/**
 * Shared by the local mode's benchmarks: the repository's own program in a local cloud, photos through it, and the
 * times of executions and functions.
 */
import { S3 } from "@aws-sdk/client-s3";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud, type Cloud, type CloudOptions } from "../../packages/local-cloud";
import { readFunctions } from "../../packages/local-cloud/services/lambda/graph";
import { readMachines } from "../../packages/local-cloud/services/states/graph";
import type { DeclaredFunction } from "../../packages/local-cloud/services/lambda";
import type { Definition, HistoryEvent } from "../../packages/local-cloud/services/states";
import { pipelinesOf } from "../../packages/cli/target/pipeline";
import { evaluateProgram } from "../../packages/local-cloud/program/evaluate";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { functionProcessorTimes } from "./processor-time";

// The SDK would warn at every start that it requires a newer Node.js next year.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

/** The program with the largest uploads that Rekognition reads, evaluated once and cached until it changes. */
export function benchGraph(config: Readonly<Record<string, string>> = {}): Promise<ProgramGraph> {
  return evaluateProgram({
    program: join(__dirname, "../../../index.ts"),
    config: { maxUploadBytes: String(15 * 1024 * 1024), ...config },
    cache: join(tmpdir(), "avatar-pipeline-bench", "program"),
  });
}

/**
 * Every function of the program: first the machine's, under their states' names and in their order, then the others,
 * under the last part of theirs.
 */
export function functionLabels(graph: ProgramGraph): ReadonlyMap<string, DeclaredFunction> {
  const tasks = readMachines(graph).flatMap(({ definition }) => tasksOf(JSON.parse(definition) as Definition));
  const functions = new Map(readFunctions(graph).map((declared) => [declared.arn, declared]));
  const labels = new Map<string, DeclaredFunction>();
  for (const [arn, state] of tasks) {
    const declared = functions.get(arn);
    if (declared !== undefined) labels.set(state, declared);
    functions.delete(arn);
  }
  const prefix = `${pipelinesOf(graph)[0].name}-`;
  for (const [arn, declared] of functions) {
    const node = graph.resources.find(({ outputs }) => outputs["arn"] === arn);
    labels.set((node?.name ?? declared.name).replace(prefix, ""), declared);
  }
  return labels;
}

/** The function's ARN and the state's name of each task, also inside of branches. */
function tasksOf({ States: states }: Pick<Definition, "States">): [arn: string, state: string][] {
  return Object.entries(states).flatMap(([name, state]): [string, string][] => {
    if (state.Type === "Task") return [[state.Resource, name]];
    return state.Type === "Parallel" ? state.Branches.flatMap(tasksOf) : [];
  });
}

/** One run of a function, from the report that Lambda's runtime writes to its log. */
export interface FunctionRun {
  /** As in {@link functionLabels}. */
  readonly label: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Milliseconds from the start of the process until its code is loaded; absent for an already running process. */
  readonly init: number | undefined;
  /** The process's peak memory. */
  readonly peakMegabytes: number;
  /** Milliseconds of the processor since the function's last report, in a new process since its start. */
  readonly processor: number | undefined;
}

/** The outcome of one photo. */
export interface PhotoRun {
  /** The state in which its execution ended: Accepted, Rejected, … */
  readonly ending: string;
  /** Milliseconds from before the upload until the execution's end. */
  readonly milliseconds: number;
  /** Milliseconds of each function, from a process's receipt of the event to its answer. */
  readonly steps: Readonly<Record<string, number>>;
  readonly runs: readonly FunctionRun[];
}

export interface BenchCloud {
  readonly cloud: Cloud;
  /**
   * Uploads a photo and waits for its end. Its `runs` include every function meanwhile: they are the photo's own if it
   * is alone.
   *
   * @throws Error if it ends in another state than `expected`
   */
  photo(key: string, body: Buffer, expected: string): Promise<PhotoRun>;
  /** The runs of functions during another operation. */
  during(work: () => Promise<unknown>): Promise<readonly FunctionRun[]>;
  close(): Promise<void>;
}

const reportLine = /^REPORT .*\tDuration: ([\d.]+) ms.*\tMax Memory Used: (\d+) MB(?:\tInit Duration: ([\d.]+) ms)?/;

/** Starts a cloud in a folder that is removed at the end; `prepare` may fill it before. */
export async function startBench(
  options: Omit<CloudOptions, "port" | "data" | "graph"> & {
    readonly graph: ProgramGraph;
    readonly prepare?: (folder: string) => void;
  },
): Promise<BenchCloud> {
  const data = mkdtempSync(join(tmpdir(), "avatar-pipeline-bench-"));
  try {
    options.prepare?.(data);
    const labels = new Map([...functionLabels(options.graph)].map(([label, { name }]) => [name, label]));
    const runs: FunctionRun[] = [];
    const processorBefore = new Map<number, number>();
    const cloud = await startCloud({
      ...options,
      port: 0,
      data,
      onLog({ source, text }) {
        const [, duration, memory, init] = reportLine.exec(text) ?? [];
        if (duration === undefined) return;
        let processor: number | undefined;
        for (const { pid, name, milliseconds } of functionProcessorTimes()) {
          if (name !== source || milliseconds === processorBefore.get(pid)) continue;
          processor = milliseconds - (processorBefore.get(pid) ?? 0);
          processorBefore.set(pid, milliseconds);
        }
        runs.push({
          label: labels.get(source) ?? source,
          duration: Number(duration),
          init: init === undefined ? undefined : Number(init),
          peakMegabytes: Number(memory),
          processor,
        });
        options.onLog?.({ source, text });
      },
    });
    const s3 = new S3({ ...cloud.clientConfig, forcePathStyle: true });
    const bucket = pipelinesOf(cloud.graph)[0].photoBucket;
    const waiting = new Map<string, (arn: string) => void>();
    const keys = new Map<string, string>();
    cloud.machines.watch((execution, event) => {
      const key = event?.type === "ExecutionStarted" ? keyIn(event) : undefined;
      if (key !== undefined) keys.set(execution.arn, key);
      if (execution.status !== "RUNNING") waiting.get(keys.get(execution.arn) ?? "")?.(execution.arn);
    });
    return {
      cloud,
      async photo(key, body, expected) {
        const before = runs.length;
        const started = Date.now();
        const ended = new Promise<string>((resolve) => waiting.set(key, resolve));
        await s3.putObject({ Bucket: bucket, Key: key, Body: body });
        const arn = await ended;
        waiting.delete(key);
        const history = cloud.machines.history(arn);
        const ending = endingOf(history);
        if (ending !== expected) throw new Error(`${key} ended in ${ending}, not ${expected}: ${causeOf(history)}`);
        const milliseconds = (history.at(-1)?.timestamp ?? NaN) - started;
        return { ending, milliseconds, steps: stepTimes(history), runs: runs.slice(before) };
      },
      async during(work) {
        const before = runs.length;
        await work();
        return runs.slice(before);
      },
      async close() {
        s3.destroy();
        await cloud.close();
        rmSync(data, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
}

/** The uploaded object's key in an execution's input, which is the bucket's event. */
function keyIn(event: HistoryEvent): string | undefined {
  const input = JSON.parse((event.details?.["input"] as string | undefined) ?? "{}") as {
    detail?: { object?: { key?: string } };
  };
  return input.detail?.object?.key;
}

function endingOf(history: readonly HistoryEvent[]): string {
  const last = history.findLast(({ type }) => type.endsWith("StateEntered"));
  return (last?.details?.["name"] as string | undefined) ?? "no state";
}

function causeOf(history: readonly HistoryEvent[]): string {
  const failure = history.find(({ type }) => type === "LambdaFunctionFailed");
  return failure === undefined ? "no function failed" : JSON.stringify(failure.details);
}

/** Milliseconds of each task's function; several attempts of one add up. */
function stepTimes(history: readonly HistoryEvent[]): Record<string, number> {
  const byId = new Map(history.map((event) => [event.id, event]));
  const times: Record<string, number> = {};
  for (const event of history) {
    if (event.type !== "LambdaFunctionSucceeded" && event.type !== "LambdaFunctionFailed") continue;
    const started = byId.get(event.previousEventId);
    let at = started;
    while (at !== undefined && at.type !== "TaskStateEntered") at = byId.get(at.previousEventId);
    if (started?.type !== "LambdaFunctionStarted" || at === undefined) continue;
    const name = String(at.details?.["name"]);
    times[name] = (times[name] ?? 0) + event.timestamp - started.timestamp;
  }
  return times;
}

/** The machine that a table was made on, and its other load: the mean length of its run queue. */
export function readMachine() {
  return {
    processor: cpus()[0]?.model ?? "unknown processor",
    cores: cpus().length,
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function printMachine(before: ReturnType<typeof readMachine>): void {
  const { processor, cores, node, load } = before;
  const note = existsSync("/proc/loadavg") ? `, load ${load} at the start and ${readMachine().load} at the end` : "";
  console.log(`${processor}, ${cores} cores, Node ${node}${note}`);
}

/** A Markdown table, with the first column to the left and figures to the right. */
export function printTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`| ${heads.join(" | ")} |`);
  console.log(`|${heads.map((_, at) => (at === 0 ? "---" : "---:")).join("|")}|`);
  for (const row of rows) console.log(`| ${row.map(cell).join(" | ")} |`);
}

function cell(value: string | number): string {
  if (typeof value === "string") return value;
  return Number.isFinite(value) ? value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 }) : "–";
}
