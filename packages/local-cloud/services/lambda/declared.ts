import type { ArchiveNode } from "../../program/graph";

/** A function that the program declares. */
export interface DeclaredFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** `nodejs24.x`; the code runs on the Node.js of this machine. */
  readonly runtime: string;
  /** `__index.handler`: file without extension, and the export. */
  readonly handler: string;
  readonly code: ArchiveNode;
  /** Layer archives, each with the content of a folder below `/opt`. */
  readonly layers: readonly { readonly name: string; readonly code: ArchiveNode }[];
  readonly environment: Readonly<Record<string, string>>;
  /** The log group, and whether Lambda makes it with the first line: the program neither declares nor names it. */
  readonly logGroup: { readonly name: string; readonly isMade: boolean };
  /** Whether X-Ray traces every call that asks for it. */
  readonly isTraced: boolean;
  /** In seconds. */
  readonly timeout: number;
  /** In MB. */
  readonly memorySize: number;
  /** Reserved concurrency; -1 if none is reserved. */
  readonly reservedConcurrency: number;
}

/** The outcome of an invocation: the function's JSON, or the error that Lambda would report for it. */
export type InvokeResult =
  | { readonly ok: true; readonly payload: string; readonly requestId: string }
  | { readonly ok: false; readonly error: FunctionError; readonly requestId: string };

/** The payload of a failed invocation, exactly as the Node.js runtime writes it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** From the process of a function to its host. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  /** The function's file could not be loaded. */
  | { readonly kind: "init-error"; readonly error: FunctionError }
  | { readonly kind: "result"; readonly requestId: string; readonly payload: string; readonly maxMemoryMB: number }
  | {
      readonly kind: "error";
      readonly requestId: string;
      readonly error: FunctionError;
      readonly maxMemoryMB: number;
      readonly fatal: boolean;
    };

/** From the host to the process of a function. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly payload: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly arn: string;
  readonly traceId: string;
}
