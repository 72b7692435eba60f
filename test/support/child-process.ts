import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** The command as installed. It loads the compiled tree, wherever these tests were compiled to. */
export const cli = resolve("packages/cli/bin/avatar-pipeline.js");

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command and waits for its end. */
export function run(args: readonly string[], cwd = process.cwd()): Promise<Ended> {
  return ended(start(args, cwd));
}

export interface Running {
  readonly child: ChildProcess;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
}

export function start(args: readonly string[], cwd = process.cwd()): Running {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, LANG: "C", LC_ALL: "" } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return { child, output: () => ({ stdout, stderr }) };
}

/** A local mode that is ready, and its address. */
export interface Serving extends Running {
  readonly url: string;
  /** The operator's, as the command prints them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts a local mode on a free port; resolves when it is ready, and rejects with its error output if it ends before.
 */
export async function serve(args: readonly string[], cwd?: string): Promise<Serving> {
  const running = start(["local", "--port", "0", ...args], cwd);
  const { child, output } = running;
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", () => {
      if (output().stdout.includes("Ready in")) resolve();
    });
    child.once("close", () => reject(new Error(`The local mode ended before it was ready: ${output().stderr}`)));
  });
  const { stdout } = output();
  return {
    ...running,
    url: /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? "",
    credentials: printedCredentials(stdout),
  };
}

/** The operator's credentials in the output of a local mode that is ready. */
export function printedCredentials(stdout: string): Serving["credentials"] {
  const secretAccessKey = /export AWS_SECRET_ACCESS_KEY=(\S+)/.exec(stdout)?.[1];
  if (secretAccessKey === undefined) throw new Error("The local mode prints no secret.");
  return { accessKeyId: "local", secretAccessKey };
}

export function ended({ child, output }: Running): Promise<Ended> {
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, ...output() })));
}

/** The program of this repository, which the build makes whole. */
export function repositoryProgram(): string {
  const program = resolve("index.ts");
  if (!existsSync(program) || !existsSync(join("lib", "index.js"))) throw new Error("Run `npm run build` first.");
  return program;
}

/** A local mode's error output without the notice that this machine's Node.js is not the functions'. */
export function withoutNotice(stderr: string): string {
  return stderr.replace(/^The functions are declared for nodejs.*\n/m, "");
}
