import type { Pipeline } from "./pipeline";
import type { Place } from "./place";

/** A pipeline that a command works on; only this folder knows whether it is on AWS or on this machine. */
export interface Target {
  /** The pipeline's name in a report, unique among all pipelines. */
  readonly name: string;
  /** Part of its reports' file names. */
  readonly reportName: string;
  /** For SDK clients; if it has no credentials, the SDK finds them itself. */
  readonly clientConfig: ClientConfig;
  /** The photo buckets of all pipelines that share its data folder, including its own; none for a stack. */
  readonly photoBuckets: readonly string[];
  /** The upload API, if there is one. */
  readonly apiUrl?: string | undefined;
  /** The pause between two reads of an upload's row, in milliseconds. */
  readonly pollMilliseconds: number;
  /** The name of one of the pipeline's resources. @throws UsageError if a stack does not export it */
  readonly resource: (name: ResourceName) => string;
  /** The number of undelivered events and running executions; undefined if it cannot be known. */
  readonly pending: () => Promise<number | undefined>;
  /** The reason for failing calls if their errors do not give it: the local mode has ended in the meantime. */
  readonly explain: () => Promise<string | undefined>;
  /** Resolves after pending work, such as the last photo's notice, if the end of the command would cut it off. */
  readonly idle: () => Promise<void>;
  /** Ends everything that was started for this command, and nothing else. */
  readonly close: () => Promise<void>;
}

/** The outputs of a pipeline that commands use: a stack exports them under the same names. */
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
  /**
   * Whether to print at once which local mode is used or started. For commands that keep a person waiting: evaluating
   * the program alone takes seconds.
   */
  readonly announce?: boolean;
  /** Ends the wait and the start, which then reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws UsageError if there is no such pipeline; Error in one line if it is not available */
export async function openTarget(place: Place, options: OpenOptions): Promise<Target> {
  // Loaded here: each loads what the other does not use, and mistakes on the command line are reported before that.
  if (place.is === "stack") return (await import("./stack.js")).openStack(place);
  return (await import("./local-mode.js")).openLocalMode(place, options);
}
