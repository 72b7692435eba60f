import type { ServerResponse } from "node:http";
import { titleOf } from "./pages/frame";
import type { Page } from "./pages/view";

/** Changes come in bursts; a page is rendered once for all of those within this time, in milliseconds. */
const gatherMs = 120;
/**
 * The pause between two renderings, as a multiple of the last one's duration, so that an open page never slows the work
 * much.
 */
const restFactor = 4;
/** A browser whose stream was cut, for example by a restart, reconnects after this time. */
const retryMs = 1_000;

/**
 * Sends a page's regions while the page is open: all of them first, because they may have changed since the page was
 * rendered, then each that has changed. Event `region`: `{"name", "html"}`; event `title`: the document's title as
 * JSON; event `gone`: the subject of the page no longer exists.
 *
 * @param watch receives a listener for changes, returns the function that removes it
 * @param title the console's own, a part of the document's
 * @param onError receives the error of a failed source; the stream ends, and the browser reconnects
 */
export function stream(
  page: Page,
  response: ServerResponse,
  watch: (listener: () => void) => () => void,
  onError: (error: unknown) => void,
  title: string,
): void {
  const sent = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let isRendering = false;
  let isStale = false;
  let isOver = false;
  let restUntil = 0;
  let dueAt = Infinity;

  response.write(`retry: ${retryMs}\n\n`);
  const unwatch = watch(changed);
  response.on("drain", () => isStale && changed());
  response.on("close", () => {
    isOver = true;
    unwatch();
    clearTimeout(timer);
  });
  void render();

  function changed(): void {
    isStale = true;
    if (isRendering || isOver || response.writableNeedDrain) return;
    schedule(Math.max(gatherMs, restUntil - Date.now()));
  }

  /** The sooner of this and the time already due. */
  function schedule(milliseconds: number): void {
    const at = Date.now() + milliseconds;
    if (at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => void render(), milliseconds);
  }

  async function render(): Promise<void> {
    clearTimeout(timer);
    dueAt = Infinity;
    isRendering = true;
    isStale = false;
    const start = Date.now();
    try {
      const view = await page();
      if (isOver) return;
      if (!view) {
        response.end("event: gone\ndata:\n\n");
        return;
      }
      const parts = [
        ["title", JSON.stringify(titleOf(view, title))],
        ...Object.entries(view.regions).map(([name, { text }]) => [
          "region",
          JSON.stringify({ name, html: text }),
          name,
        ]),
      ];
      for (const [event = "", data = "", name = event] of parts) {
        if (sent.get(name) === data) continue;
        sent.set(name, data);
        response.write(`event: ${event}\ndata: ${data}\n\n`);
      }
      restUntil = Date.now() + (Date.now() - start) * restFactor;
      if (view.pollMilliseconds > 0) schedule(view.pollMilliseconds);
    } catch (error) {
      onError(error);
      response.end();
    } finally {
      isRendering = false;
    }
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by changed() while the page rendered
    if (isStale) changed();
  }
}
