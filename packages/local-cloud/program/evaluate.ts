import { fork } from "node:child_process";
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setupError } from "../errors";
import { recall, remember } from "./cache";
import type { EvaluationAnswer, EvaluationRequest } from "./child";
import { defaultStack, projectFiles, readProject } from "./config";
import type { ProgramGraph } from "./graph";

export interface EvaluateOptions {
  /** The program's entry file, TypeScript or JavaScript. */
  readonly program: string;
  /** Default {@link defaultStack}. */
  readonly stack?: string | undefined;
  /** Configuration for this run alone: `key` or `namespace:key` to its value. */
  readonly config?: Readonly<Record<string, string>>;
  /** A folder in which the graph is kept until the program, its configuration or a package changes. */
  readonly cache?: string;
  /**
   * Types for which the cloud keeps something: a program that reads one of them by its id must declare it, since an
   * empty one would do nothing. Default none; `startCloud` passes its own list to `graph`.
   */
  readonly serves?: readonly string[];
  /** Ends the evaluation, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the program's output, a piece at a time. Default: nothing is shown. */
  readonly print?: (text: string) => void;
}

/** The account of the local cloud: twelve digits that AWS assigns to nobody. */
export const localAccountId = "000000000000";
/** The region when the stack's configuration has no `aws:region`. */
export const defaultRegion = "ap-southeast-1";

/**
 * Evaluates a Pulumi program without any cloud and returns what it declares.
 *
 * The program runs in a child process under Pulumi's mocks, in its project's folder, with its own packages. URLs of the
 * local cloud have {@link placeholderHost} as their host; `atAddress` replaces it by the real one.
 *
 * @throws Error with the program's own message, once, when it fails; or with the setting at fault
 */
export async function evaluateProgram(options: EvaluateOptions): Promise<ProgramGraph> {
  const program = resolve(options.program);
  const stat = statSync(program, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw setupError("PROGRAM_MISSING", `There is no Pulumi program at ${program}. Name its entry file.`);
  }
  const { cache, config = {}, serves = [], stack = defaultStack } = options;
  const files = projectFiles(program, stack);
  const key = JSON.stringify([program, files, config, localAccountId, defaultRegion, serves]);
  const kept = cache === undefined ? undefined : recall(cache, key);
  if (kept) return kept;
  const project = await readProject(program, stack, config);
  const request: EvaluationRequest = {
    program,
    folder: project.folder,
    project: project.name,
    stack: project.stack,
    config: project.config,
    region: project.config["aws:region"] ?? defaultRegion,
    accountId: localAccountId,
    partition: "aws",
    serves,
  };
  const answer = await evaluateInChild(request, options);
  if ("error" in answer) throw new Error(answer.error);
  if (cache !== undefined) remember(cache, key, answer.graph, [files.project, files.stack, ...answer.files]);
  return answer.graph;
}

async function evaluateInChild(
  request: EvaluationRequest,
  { print, signal }: Pick<EvaluateOptions, "print" | "signal">,
): Promise<EvaluationAnswer> {
  signal?.throwIfAborted();
  const child = fork(join(__dirname, "child.js"), [JSON.stringify(request)], {
    cwd: request.folder,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, PULUMI_TEST_MODE: "true", NODE_OPTIONS: "" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-10_000);
      print?.(text);
    });
  }
  return new Promise((done, failed) => {
    let answer: EvaluationAnswer | undefined;
    child.once("message", (message) => (answer = message as EvaluationAnswer));
    child.once("error", failed);
    const end = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", end, { once: true });
    child.once("close", (code, killedBy) => {
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) failed(signal.reason as Error);
      else if (answer) done(answer);
      else {
        failed(
          new Error(
            `The program ended (${killedBy ?? `exit status ${code}`}) before it was evaluated.\n${output}`.trim(),
          ),
        );
      }
    });
  });
}
