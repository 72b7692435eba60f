/** Options that several commands share, each declared once. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { flag, list, option } from "./command";
import { usageError } from "./usage-error";

/** The data folder of the local mode, in the working directory. */
export const defaultData = ".avatar-pipeline";

/** The data folder as an absolute path. */
export const data = option(
  "DIR",
  `The local mode's data folder, default ${defaultData}/ in the working directory.`,
  (folder = defaultData) => {
    // The shell passes an empty text for a variable that is not set.
    if (folder === "") throw usageError("--data is empty; name the folder that keeps everything, or leave --data out.");
    return resolve(folder);
  },
);

/** The program as an absolute path: its entry file, or the folder of its project. */
const readProgram = (file: string | undefined): string | undefined => {
  if (file === undefined) return undefined;
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return resolve(file);
  throw usageError(
    `--program ${file}: there is no such file. Name the entry file of a Pulumi program, such as index.ts.`,
  );
};

export const program = option(
  "FILE",
  "The Pulumi program, default the project's in the working directory.",
  readProgram,
);

/** The program for a command that prefers a running local mode. */
const programToStart = option(
  "FILE",
  "The Pulumi program for a local mode that does not run yet, default the project's.",
  readProgram,
);

const readConfig = (pairs: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at >= 1) return [pair.slice(0, at), pair.slice(at + 1)];
      throw usageError(`--config ${pair}: write it as KEY=VALUE, for example --config duplicateSimilarity=99.`);
    }),
  );

export const config = list("KEY=VALUE", "A configuration value for this run alone; can be given again.", readConfig);

const configToStart = list("KEY=VALUE", "A configuration value for that; can be given again.", readConfig);

/** A stack in the local mode: the name of a configuration. */
export const stack = option("NAME", "Its stack, which names the configuration Pulumi.NAME.yaml; default dev.", asGiven);

/** A deployed stack. */
const stackOnAws = option("NAME", "A stack on AWS instead; needs the Pulumi CLI and AWS credentials.", asGiven);

export const pipeline = option("NAME", "The pipeline, where the program has several.", asGiven);

const pipelineAnywhere = option(
  "NAME",
  "The pipeline, where there are several: in the local mode its own name, in a stack the name of the output with its " +
    "names.",
  asGiven,
);

/** Options that locate a pipeline: in a data folder of the local mode, or in a stack on AWS. */
export const whereabouts = {
  data,
  program: programToStart,
  config: configToStart,
  stack: stackOnAws,
  pipeline: pipelineAnywhere,
};

export const json = (what: string) => flag(`${what} as JSON.`);

function asGiven(text: string | undefined): string | undefined {
  return text;
}
