import type { Mailbox } from "../services/mail";
import type { Machines } from "../services/states";

/**
 * Everything that the console reads. It only reads: no source is asked to change anything, and no page triggers a
 * change.
 */
export interface ConsoleSources {
  readonly stack: StackFacts;
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

/** The running state machines, as they are. */
export type MachineSource = Pick<Machines, "list" | "find" | "executions" | "execution" | "history" | "watch">;

/** The mails that the local cloud has delivered, as they are kept. */
export type MailSource = Pick<Mailbox, "list" | "get" | "watch">;

/** Log output of functions and services. */
export interface LogSource {
  names(): readonly string[];
  /**
   * The last lines, oldest first.
   *
   * @param name one of {@link LogSource.names}
   */
  tail(name: string, lines: number): Promise<readonly string[]>;
}
