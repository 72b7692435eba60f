import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkSettings, plainSetting } from "pulumi-local-cloud/program/config";
import { usageError } from "../usage-error";

/**
 * The entry file of the Pulumi program that a command runs: the named program, else that of the project in the working
 * directory, else that of the project around this package: a clone of the repository, or a project that installed the
 * package.
 *
 * @param named an entry file or a project's folder, as an absolute path
 * @throws UsageError if there is none
 */
export function findProgram(named: string | undefined): string {
  if (named === undefined) return entryOf(process.cwd()) ?? entryAround(__dirname) ?? missing(process.cwd());
  if (statSync(named, { throwIfNoEntry: false })?.isFile() === true) return named;
  return entryOf(named) ?? missing(named);
}

/** The entry file of the nearest Pulumi project around a folder. */
function entryAround(folder: string): string | undefined {
  const parent = dirname(folder);
  return entryOf(folder) ?? (parent === folder ? undefined : entryAround(parent));
}

function missing(folder: string): never {
  throw usageError(`There is no Pulumi program in ${folder}. Name its entry file: --program index.ts.`);
}

/** The entry file of the Pulumi project in a folder: its `main`, or index. */
function entryOf(folder: string): string | undefined {
  const project = join(folder, "Pulumi.yaml");
  if (!existsSync(project)) return undefined;
  const main = plainSetting(project, "main");
  const home = main === undefined ? folder : join(folder, main);
  return [home, join(home, "index.ts"), join(home, "index.js")].find((path) =>
    statSync(path, { throwIfNoEntry: false })?.isFile(),
  );
}

/** As {@link checkSettings}, in the words of the command line. */
export function checkOptions(
  program: string,
  settings: { readonly stack: string | undefined; readonly config: Readonly<Record<string, string>> },
): Promise<void> {
  return checkSettings(program, settings, { stack: "--stack", config: "--config" });
}
