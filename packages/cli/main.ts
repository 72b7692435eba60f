import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "./target/program-file";
import { INTERRUPTED } from "./signals";
import { messageOfSetupError } from "./setup-errors";
import { messageOfError } from "./system-errors";

const HELP = `Usage: avatar-pipeline COMMAND [OPTION…]

  local      Runs the whole pipeline on this machine as a service, until Ctrl-C.
  process    Puts photos through the whole pipeline and tells what became of each.
  import     Puts a school's photos through the pipeline, on AWS or here, and writes a report.
  reconcile  Compares what the stores hold, and mends it.
  erase      Erases a student, and prints a receipt.
  invite     Makes the keys and the links that invite students to upload.

  avatar-pipeline COMMAND --help tells a command's options.
  avatar-pipeline --version
`;

/** A command: what follows its name on the command line, to the exit status. */
type Command = (args: string[]) => Promise<number>;

/** Each loads what it needs only when it is asked for: half of a second goes into loading things. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  local: async () => (await import("./commands/local.js")).local,
  process: async () => (await import("./commands/process/run.js")).processPhotos,
  import: async () => (await import("./commands/import/run.js")).importSchool,
  reconcile: async () => (await import("./commands/reconcile.js")).reconcileStores,
  erase: async () => (await import("./commands/erase.js")).eraseStudent,
  invite: async () => (await import("./commands/invite/run.js")).invite,
};

/**
 * Runs a command line.
 *
 * @param args without the names of Node.js and of the script
 * @returns the exit status
 */
export async function main(args: readonly string[]): Promise<number> {
  // It speaks of the Node.js that the SDK will want next year, to somebody who only wants a photo processed.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? process.stderr : process.stdout).write(HELP);
    return name === undefined ? 1 : 0;
  }
  if (name === "--version" || name === "-v") {
    const { version } = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as { version: string };
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    const what = name.startsWith("-") ? "option" : "command";
    process.stderr.write(`avatar-pipeline: there is no ${what} "${name}"; see avatar-pipeline --help.\n`);
    return 1;
  }
  try {
    return await (
      await load()
    )(rest);
  } catch (error) {
    if (error instanceof Error && error.name === INTERRUPTED) return 130;
    process.stderr.write(`avatar-pipeline: ${messageOfSetupError(error) ?? messageOfError(error)}\n`);
    return 1;
  }
}
