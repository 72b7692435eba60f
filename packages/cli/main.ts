import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readArguments } from "./arguments";
import { commands } from "./commands/index";
import { helpOf } from "./help";
import { interrupted } from "./signals";
import { messageOfSetupError } from "./setup-errors";
import { messageOfError } from "./system-errors";

/**
 * Runs a command line.
 *
 * @param args without the names of Node.js and of the script
 * @returns the exit status
 */
export async function main(args: readonly string[]): Promise<number> {
  // The SDK warns about the Node.js version that it needs next year, which does not help a person who processes a
  // photo.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const [name, ...rest] = args;
  if (name === undefined || ["--help", "-h", "help"].includes(name)) {
    (name === undefined ? process.stderr : process.stdout).write(await overview());
    return name === undefined ? 1 : 0;
  }
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const what = name.startsWith("-") ? "option" : "command";
    process.stderr.write(`avatar-pipeline: there is no ${what} "${name}"; see avatar-pipeline --help.\n`);
    return 1;
  }
  try {
    const command = await load();
    const call = readArguments(command, rest);
    if (call !== "help") return await command.run(call);
    process.stdout.write(helpOf(command));
    return 0;
  } catch (error) {
    if (error instanceof Error && error.name === interrupted) return 130;
    process.stderr.write(`avatar-pipeline: ${messageOfSetupError(error) ?? messageOfError(error)}\n`);
    return 1;
  }
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  return `Usage: avatar-pipeline COMMAND [OPTION…]

${all.map(({ name, summary }) => `  ${name.padEnd(9)}  ${summary}\n`).join("")}
  avatar-pipeline COMMAND --help lists a command's options.
  avatar-pipeline --version
`;
}

/** This package's version: its manifest is in a folder above the compiled file of this module. */
function version(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
    if (dirname(folder) === folder) throw new Error("avatar-pipeline-cli has lost its package.json; install it again.");
  }
}
