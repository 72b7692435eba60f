import { relative } from "node:path";
import type { Given } from "../command";

/** The place of a pipeline. */
export type Place = LocalPlace | StackPlace;

/** A data folder of the local mode. */
export interface LocalPlace {
  readonly is: "local";
  /** The absolute path. */
  readonly data: string;
  /** The program's entry file or its project's folder, by default the project's; used if no local mode runs yet. */
  readonly program: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  /** The stack that names the program's configuration. */
  readonly configuration?: string | undefined;
  /** The pipeline's name, if the program has several. */
  readonly pipeline: string | undefined;
}

/** A stack on AWS. */
export interface StackPlace {
  readonly is: "stack";
  /** As `pulumi stack ls` lists it. */
  readonly stack: string;
  /** The output with the pipeline's names, if the stack has several. */
  readonly pipeline: string | undefined;
}

/** The place that the options `whereabouts` name. */
export function placeOf(values: {
  readonly data: string;
  readonly program: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  readonly stack: string | undefined;
  readonly pipeline: string | undefined;
}): Place {
  const { data, program, config, stack, pipeline } = values;
  return stack === undefined ? { is: "local", data, program, config, pipeline } : { is: "stack", stack, pipeline };
}

/** The problem of naming both a stack on AWS and a local pipeline. */
export function placeProblems({ has }: Given): readonly string[] {
  if (!has("stack")) return [];
  return ["data", "program", "config"]
    .filter(has)
    .map((name) => `--${name} is for a local pipeline and --stack for one on AWS; give one of them.`);
}

/** The first line of a command that starts a local mode. */
export function startingLine(data: string): string {
  return `Starting the local mode on the data folder ${relative(process.cwd(), data) || "."}.`;
}
