import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { plainSetting } from "pulumi-local-cloud/program/config";
import { usageError } from "../command";

/** The folder of this package, from the compiled file of this module upward. */
export function packageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return __dirname;
  }
}

/**
 * The Pulumi program that a command runs: the one that is named, else the project's in the working directory, else that
 * of the project in which this package is: a clone of the repository, or one that has installed it.
 */
export function findProgram(named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(named);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) return path;
    if (stat?.isDirectory()) return entryOf(path) ?? missing(path);
    throw usageError(
      `--program ${named}: there is no such file. Name the entry file of a Pulumi program, such as index.ts.`,
    );
  }
  return entryOf(process.cwd()) ?? entryAround(__dirname) ?? missing(process.cwd());
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
