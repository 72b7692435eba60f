import { html, type Html } from "../html";

/** The content of one page at this moment. Rendered anew for every request, and for every change while it is open. */
export interface View {
  /** The document's title; without the console's own name. */
  readonly title: string;
  readonly section: Section;
  /** The parts that change while the page is open, by the name under which they are sent. */
  readonly regions: Readonly<Record<string, Html>>;
  /** The page around its regions, each of which it must place once. */
  body(regions: Readonly<Record<string, Html>>): Html;
  /** Polling interval for changes that no source reports, in milliseconds. */
  readonly pollMilliseconds: number;
}

export type Section = "overview" | "inbox" | "executions" | "logs" | "none";

/** Undefined if nothing has that name. */
export type Page = () => Promise<View | undefined> | View | undefined;

export const prefix = "/_console";

/** The element that holds a region; the page's script replaces its content. */
export function region(name: string, content: Html): Html {
  return html`<div data-region="${name}">${content}</div>`;
}
