import { html, type Html } from "../html";

/** What one page shows at this moment. Rendered anew for every look at it, and for every change while it is open. */
export interface View {
  /** Of the document; without the console's own name. */
  readonly title: string;
  readonly section: Section;
  /** The parts that change while somebody looks, by the name under which they are sent. */
  readonly regions: Readonly<Record<string, Html>>;
  /** The page around its regions, each of which it has to place once. */
  body(regions: Readonly<Record<string, Html>>): Html;
  /** How often it is to be looked whether something has changed of which no source tells, in milliseconds. */
  readonly pollMilliseconds: number;
}

export type Section = "overview" | "inbox" | "executions" | "logs" | "none";

/** Undefined when there is nothing of that name. */
export type Page = () => Promise<View | undefined> | View | undefined;

export const prefix = "/_console";

/** The element that holds a region; the page's script exchanges what is in it. */
export function region(name: string, content: Html): Html {
  return html`<div data-region="${name}">${content}</div>`;
}
