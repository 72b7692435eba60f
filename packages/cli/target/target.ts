import type { Pipeline } from "./pipeline";
import type { Place } from "./place";

/** A pipeline that a command works on; whether it is on AWS or on this machine, only this folder knows. */
export interface Target {
  /** What a report calls it, which no other pipeline is called. */
  readonly name: string;
  /** A part of its reports' file names. */
  readonly reportName: string;
  /** For SDK clients; with the credentials that the SDK finds where it holds none. */
  readonly clientConfig: ClientConfig;
  /** The photo buckets of all pipelines that share its data folder, its own among them; none of a stack. */
  readonly photoBuckets: readonly string[];
  /** The upload API, where there is one. */
  readonly apiUrl?: string | undefined;
  /** Between two looks at an upload's row, in milliseconds. */
  readonly pollMilliseconds: number;
  /** A name of the pipeline's resources. @throws UsageError when a stack does not export it */
  readonly resource: (name: ResourceName) => string;
  /** Events undelivered and executions running; undefined where that cannot be known. */
  readonly pending: () => Promise<number | undefined>;
  /** Why calls fail, where their errors do not say it: a local mode that has ended meanwhile. */
  readonly explain: () => Promise<string | undefined>;
  /** Resolves when what was begun has ended, such as the last photo's notice, where ending the command would end it. */
  readonly idle: () => Promise<void>;
  /** Ends what was started for this command, and nothing else. */
  readonly close: () => Promise<void>;
}

/** The outputs of a pipeline that commands go by: a stack exports them under the same names. */
export type ResourceName = keyof Pick<
  Pipeline,
  "photoBucket" | "avatarTable" | "uploadTable" | "reconcileFunctionName" | "eraseStudentFunctionName"
>;

export interface ClientConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts?: number;
}

export interface OpenOptions {
  /** Prints a line for a person. */
  readonly print: (line: string) => void;
  /** Ends the waiting and the start, which then reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws UsageError when there is no such pipeline; Error in one line when it cannot be had */
export async function openTarget(place: Place, options: OpenOptions): Promise<Target> {
  // Loaded here: the local mode's services take a while, and a mistake on the command line is reported before.
  if (place.is === "stack") return (await import("./stack.js")).openStack(place);
  return (await import("./local-mode.js")).openLocalMode(place, options);
}
