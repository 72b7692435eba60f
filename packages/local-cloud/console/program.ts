import type { Answer } from "./http";
import type { Html } from "./html";
import type { Layouts } from "./layouts";
import type { Page } from "./pages/view";

/** The program's words on the general pages. */
export interface Words {
  /** At the top of each page and in the documents' titles. */
  readonly title: string;
  /** The head of the column with the executions' subjects. */
  readonly subjectHead: string;
  /** Shown in place of an empty list. */
  readonly noExecutions: string | Html;
  readonly noMails: string | Html;
  /** A line on the inbox page that describes the mails. */
  readonly inboxLead: string;
  /** The subject of an execution. `input` is JSON text, or empty if there is none. */
  readonly subjectOf: (input: string) => Subject;
  /** An error that is the program's judgement, in words; undefined for a fault. */
  readonly judgement: (error: string) => string | undefined;
  /** A state's purpose, if its name does not say it. */
  readonly stateTitle: (name: string) => string | undefined;
}

export interface Subject {
  /** Shown in place of the execution's name. */
  readonly name?: string | undefined;
  /** Shown small beside it. */
  readonly detail?: string | undefined;
}

/** A program's additions to the console. */
export interface ConsoleProgram {
  readonly words?: Partial<Words>;
  /** The page at the console's root, in place of the general overview. */
  overview?(layouts: Layouts): Page;
  /** Styles for its additions. */
  readonly styles?: string;
  /**
   * A file of its own below `/_console/`.
   *
   * @param path decoded; no general page begins with its first part
   */
  fileAt?(path: readonly string[]): Promise<Answer | undefined>;
}

export const generalWords: Words = {
  title: "Local cloud",
  subjectHead: "Execution",
  noExecutions: "No execution yet.",
  noMails: "No mail yet.",
  inboxLead: "The mails that AWS would have sent.",
  subjectOf: () => ({}),
  judgement: () => undefined,
  stateTitle: () => undefined,
};
