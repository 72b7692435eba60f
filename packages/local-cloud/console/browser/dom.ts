/**
 * The part of a browser's API that the console's script uses. The project is compiled for Node.js, whose types know no
 * document; the full DOM library would let every handler use one.
 */
export interface Browser {
  readonly document: PageDocument;
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } };
  readonly location: { readonly pathname: string; readonly search: string };
  readonly EventSource: new (url: string) => Stream;
  readonly DOMParser: new () => { parseFromString(html: string, type: "text/html"): { readonly body: PageElement } };
}

export interface PageDocument {
  title: string;
  readonly hidden: boolean;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  addEventListener(type: string, listener: (event: { readonly target: unknown }) => void): void;
}

export interface PageNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly childNodes: ArrayLike<PageNode>;
  textContent: string | null;
  remove(): void;
  replaceWith(node: PageNode): void;
}

export interface PageElement extends PageNode {
  readonly id: string;
  readonly dataset: Readonly<Record<string, string | undefined>>;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  hidden: boolean;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  insertBefore(node: PageNode, before: PageNode | null): void;
  closest(selector: string): PageElement | null;
}

/** Server-sent events. */
export interface Stream {
  close(): void;
  addEventListener(type: string, listener: (event: { readonly data: string }) => void): void;
}
