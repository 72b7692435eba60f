import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The judges' installation: programs that nobody here wrote, by name and pinned version from their registries, in a
 * folder of the person at the keyboard, so that a build does not remove them.
 */
const cache = join(homedir(), ".cache", "avatar-pipeline", "judges");

/** A file of this folder in the source tree: the build copies TypeScript alone. */
export const source = (path: string): string => resolve("test/judges", path);

/** Ends the suite as skipped, in one line, if a command is missing; under CI a missing command is a failure. */
export function needs(suite: Mocha.Context, ...commands: readonly string[]): void {
  const missing = commands.filter((command) => spawnSync(command, ["--version"], { stdio: "ignore" }).error);
  if (missing.length === 0) return;
  const line = `${missing.join(" and ")} not found: the judge is skipped. See docs/reference/judges.md.`;
  if (process.env["CI"] !== undefined) throw new Error(line);
  console.log(`    ${line}`);
  suite.skip();
}

/** Runs a command to its end; throws with its output if it fails. */
export function run(command: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(status)}: ${stderr}${stdout}`);
  return stdout;
}

/**
 * A folder that is filled once for a list of packages.
 *
 * @param list the file with the packages; a changed list makes a new folder
 */
function installed(kind: string, list: string, fill: (folder: string) => void): string {
  const digest = createHash("sha256").update(readFileSync(list)).digest("hex").slice(0, 12);
  const folder = join(cache, `${kind}-${digest}`);
  const done = join(folder, ".complete");
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    fill(folder);
    writeFileSync(done, "");
  }
  return folder;
}

/** The Java class path of AWS's event matcher. */
export function eventJudgeClassPath(): string {
  const pom = source("events/pom.xml");
  const folder = installed("java", pom, (into) => {
    run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${into}`]);
  });
  return join(folder, "*");
}

/** The folder with the commands of the Python judges. */
export function pythonCommands(): string {
  const list = source("requirements.txt");
  const folder = installed("python", list, (into) => {
    run("python3", ["-m", "venv", into]);
    run(join(into, "bin", "pip"), ["install", "--quiet", "--requirement", list]);
  });
  return join(folder, "bin");
}

/** Runs a script of this folder with the Python judges at hand; its input and its output are JSON. */
export function askPython(script: string, question: unknown): unknown {
  return JSON.parse(run(join(pythonCommands(), "python"), [source(script)], JSON.stringify(question)));
}

/**
 * Loads a judge of npm's, of the version in npm.json. It is no dependency of the project: its range of Node.js versions is
 * narrower, about which npm would warn everybody who installs.
 */
export function requireJudge(name: string): unknown {
  const list = source("npm.json");
  const folder = installed("npm", list, (into) => {
    copyFileSync(list, join(into, "package.json"));
    run("npm", ["install", "--silent", "--ignore-scripts", "--prefix", into]);
  });
  return createRequire(join(folder, "package.json"))(name);
}
