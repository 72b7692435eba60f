import type { Answer } from "./http";
import type { Html } from "./html";
import type { Layouts } from "./layouts";
import type { Page } from "./pages/view";

/** How a program is spoken of on the general pages. */
export interface Words {
  /** At the top of each page and in the documents' titles. */
  readonly title: string;
  /** The head of the column with what executions are about. */
  readonly subjectHead: string;
  /** In place of an empty list. */
  readonly noExecutions: string | Html;
  readonly noMails: string | Html;
  /** What the mails are. */
  readonly inboxLead: string;
  /** What an execution is about. `input` is JSON text, or empty when there is none. */
  readonly subjectOf: (input: string) => Subject;
  /** An error that is the program's judgement, in words; undefined for a fault. */
  readonly judgement: (error: string) => string | undefined;
  /** What a state does, where its name does not say it. */
  readonly stateTitle: (name: string) => string | undefined;
}

export interface Subject {
  /** In place of the execution's name. */
  readonly name?: string | undefined;
  /** In small beside it. */
  readonly detail?: string | undefined;
}

/** What a program adds to the console. */
export interface ConsoleProgram {
  readonly words?: Partial<Words>;
  /** The page at the console's root, in place of the general overview. */
  overview?(layouts: Layouts): Page;
  /** Styles for what it adds. */
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
