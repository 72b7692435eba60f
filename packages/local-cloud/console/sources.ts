import type { Item } from "../../../handlers/stores/uploads";
import type { Mailbox } from "pulumi-local-cloud/services/mail/index";
import type { Machines } from "pulumi-local-cloud/services/states/index";

/**
 * Everything that the console reads. It only reads: no source is asked to change anything, and no page leads to a
 * change.
 */
export interface ConsoleSources {
  readonly stack: StackFacts;
  /** The AvatarPipelines of the program, in the order of their declaration. */
  readonly pipelines: readonly PipelineSource[];
  readonly machines: MachineSource;
  readonly mails: MailSource;
  readonly logs: LogSource;
}

/** Shown at the top of each page. */
export interface StackFacts {
  /** The stack's name: `dev`. */
  readonly name: string;
  readonly region: string;
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
}

/** One AvatarPipeline: where its photos go in, and what came of them. */
export interface PipelineSource {
  /** The component's name, unique in the program. */
  readonly name: string;
  readonly machineArn: string;
  readonly bucket: string;
  /** The students' page, if the pipeline has one. */
  readonly siteUrl?: string;
  readonly apiUrl?: string | undefined;
  /** One line for a shell that uploads a photo: `aws s3 cp photo.jpg s3://…/uploads/STUDENT_ID/photo.jpg …`. */
  readonly sampleCommand: string;
  /** Every item of the table of avatars, in any order. */
  avatars(): Promise<readonly Item[]>;
  /** Every item of the table of uploads, in any order. */
  uploads(): Promise<readonly Item[]>;
  /** The bytes of a thumbnail, by its key in the bucket; undefined when there is none. */
  thumbnail(key: string): Promise<Uint8Array | undefined>;
}

/** The running state machines, as they are. */
export type MachineSource = Pick<Machines, "list" | "find" | "executions" | "execution" | "history" | "watch">;

/** The mails that the local cloud has delivered, as they are kept. */
export type MailSource = Pick<Mailbox, "list" | "get" | "watch">;

/** What functions and services have written to their logs. */
export interface LogSource {
  names(): readonly string[];
  /**
   * The last lines, oldest first.
   *
   * @param name one of {@link LogSource.names}
   */
  tail(name: string, lines: number): Promise<readonly string[]>;
}
