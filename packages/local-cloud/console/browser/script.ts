/**
 * The console's one script: puts the regions that the server streams into the page, and counts the seconds of running
 * executions. Each page is complete without it.
 */
import type { Browser, PageElement, PageNode, Stream } from "./dom";

const { document, navigator, location, EventSource, DOMParser } = globalThis as unknown as Browser;

const elementNode = 1;
const tickMs = 250;
let stream: Stream | undefined;

/** Listens while the page is visible: a browser opens six connections to a host, and hidden tabs would use them up. */
function listen(): void {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
    return;
  }
  if (stream) return;
  const own = new EventSource(location.pathname + location.search);
  stream = own;
  own.addEventListener("open", () => showLive("Live", "on"));
  own.addEventListener("error", () => showLive("Reconnecting", "off"));
  own.addEventListener("title", ({ data }) => {
    document.title = JSON.parse(data) as string;
  });
  own.addEventListener("region", ({ data }) => {
    const { name, html } = JSON.parse(data) as { readonly name: string; readonly html: string };
    for (const region of document.querySelectorAll("[data-region]")) {
      if (region.dataset["region"] === name) become(region, new DOMParser().parseFromString(html, "text/html").body);
    }
  });
  own.addEventListener("gone", () => {
    own.close();
    showLive("Not there any more", "off");
  });
}

function showLive(text: string, state: "on" | "off"): void {
  const sign = document.querySelector("[data-live]");
  if (!sign) return;
  sign.hidden = false;
  sign.textContent = text;
  sign.setAttribute("data-live", state);
}

/**
 * Makes the children of one element equal to those of another, changing only the differences: focus, selection, open
 * details and animations stay as they are. A child with an id is found again wherever it is.
 */
function become(old: PageElement, next: PageElement): void {
  const known = new Map<string, PageElement>();
  for (const child of Array.from(old.childNodes)) if (isElement(child) && child.id !== "") known.set(child.id, child);
  let at = 0;
  for (const wanted of Array.from(next.childNodes)) {
    const here = old.childNodes[at++];
    const own = idOf(wanted) === "" ? here : known.get(idOf(wanted));
    if (!own || own.nodeName !== wanted.nodeName || idOf(own) !== idOf(wanted)) {
      old.insertBefore(wanted, here ?? null);
      continue;
    }
    if (own !== here) old.insertBefore(own, here ?? null);
    if (isElement(own) && isElement(wanted)) {
      takeAttributes(own, wanted);
      become(own, wanted);
    } else if (own.textContent !== wanted.textContent) own.textContent = wanted.textContent;
  }
  for (let last = old.childNodes[at]; last; last = old.childNodes[at]) last.remove();
}

function takeAttributes(old: PageElement, next: PageElement): void {
  const wanted = new Map(Array.from(next.attributes, ({ name, value }) => [name, value]));
  for (const name of Array.from(old.attributes, (attribute) => attribute.name)) {
    // The reader decides if details are open.
    if (!wanted.has(name) && name !== "open") old.removeAttribute(name);
  }
  for (const [name, value] of wanted) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function isElement(node: PageNode): node is PageElement {
  return node.nodeType === elementNode;
}

function idOf(node: PageNode): string {
  return isElement(node) ? node.id : "";
}

/** The same format as format.ts for durations, in steps that can be read while they run. */
function tick(): void {
  for (const element of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, (Date.now() - Number(element.dataset["since"])) / 1000);
    const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
    if (seconds < 60) element.textContent = `${seconds.toFixed(1)} s`;
    else if (seconds < 3600) element.textContent = `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
    else element.textContent = `${Math.floor(seconds / 3600)} h ${two((seconds / 60) % 60)} min`;
  }
}

/** Buttons that copy a command: they work only with this script, so the script adds them. */
function offerCopies(): void {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  document.addEventListener("click", ({ target }) => {
    const button = (target as PageElement).closest("[data-copy]");
    const source = button && document.querySelector(`#${button.dataset["copy"] ?? ""}`);
    if (!button || !source) return;
    void navigator.clipboard?.writeText(source.textContent ?? "").then(() => {
      button.textContent = "Copied";
    });
  });
}

document.addEventListener("visibilitychange", listen);
listen();
setInterval(tick, tickMs);
offerCopies();
