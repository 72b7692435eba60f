/**
 * The console of the local mode: what a person at this machine looks at while photos go through the pipeline.
 *
 *   createConsole(sources, { onError? }): (request, response) => Promise<void>     mounted under `/_console`
 *   fromServices({ … }): ConsoleSources                                            the running services as sources
 *
 *   /_console/                     avatars, uploads, how to upload, the machine with the states that executions are in
 *   /_console/executions           all executions; ?page=N
 *   /_console/executions/{id}      one: its states, what went in and out, its way through the machine
 *   /_console/inbox, …/{id}        the mails; …/{id}/html is a mail's HTML part alone, sandboxed
 *   /_console/logs, …/{name}       what functions wrote
 *   /_console/thumbnails/{n}/{key} a picture of the n-th pipeline
 *   /_console/assets/{file}        style sheet, script, icon
 *
 * Pages are rendered here and complete without any script. Asked with `Accept: text/event-stream`, the same address
 * streams the page's regions as they change (stream.ts), and the one script (browser/script.ts) puts them in place. So
 * there is one way to render a thing, and after a restart of the local mode an open page is right again by itself.
 *
 * pages/ is what is shown, graph/ lays a machine out and draws it, runs.ts reads the way of an execution from its
 * history. All text that comes from outside passes html.ts, which escapes it, and the pages' policy lets no
 * script run but the console's own. Nothing can be changed here: every method but GET and HEAD is refused.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createAbout } from "./about";
import { loadAssets } from "./assets";
import { openStream, fileAnswer, mailAnswer, pageAnswer, redirect, refuseMethod, send, type Answer } from "./http";
import { createLayouts } from "./layouts";
import { executionPage } from "./pages/execution";
import { executionsPage } from "./pages/executions";
import { frame, notFound } from "./pages/frame";
import { inboxPage, letterOf, mailPage } from "./pages/inbox";
import { logPage, logsPage } from "./pages/logs";
import { overviewPage } from "../../cli/console/pages/overview";
import { prefix, type Page } from "./pages/view";
import type { ConsoleSources } from "./sources";
import { stream } from "./stream";

export { fromServices, type Services } from "../../cli/console/services";
export type { ConsoleSources, LogSource, MachineSource, MailSource, PipelineSource, StackFacts } from "./sources";

export interface ConsoleOptions {
  /** Told of a source that failed while a page was open; by default it goes to stderr. */
  readonly onError?: (error: unknown) => void;
}

/**
 * The handler of everything below `/_console`.
 *
 * @returns a handler whose promise is rejected when a source fails before anything was sent
 */
export function createConsole(
  sources: ConsoleSources,
  options: ConsoleOptions = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const onError = options.onError ?? ((error) => console.error("console:", error));
  const aboutOf = createAbout(sources.machines);
  const layouts = createLayouts(sources.machines);
  const assets = loadAssets();

  function pageAt([first = "", second, ...more]: readonly string[], query: URLSearchParams): Page | undefined {
    if (more.length > 0) return undefined;
    const one = second === undefined || second === "" ? undefined : second;
    switch (first) {
      case "":
        return second === undefined ? overviewPage(sources, layouts) : undefined;
      case "executions":
        return one === undefined
          ? executionsPage(sources, aboutOf, pageNumber(query))
          : executionPage(sources, layouts, one);
      case "inbox":
        return one === undefined ? inboxPage(sources) : mailPage(sources, one);
      case "logs":
        return one === undefined ? logsPage(sources) : logPage(sources, one);
      default:
        return undefined;
    }
  }

  async function fileAt(path: readonly string[]): Promise<Answer | undefined> {
    const [first, second = "", ...rest] = path;
    if (first === "assets" && rest.length === 0) return assets.files.get(second);
    if (first === "inbox" && rest.length === 1 && rest[0] === "html") {
      const mail = await sources.mails.get(second);
      const letter = mail && letterOf(mail);
      return letter === undefined ? undefined : mailAnswer(letter);
    }
    if (first === "thumbnails" && rest.length > 0 && /^\d+$/.test(second)) {
      const bytes = await sources.pipelines[Number(second)]?.thumbnail(rest.join("/"));
      return bytes && fileAnswer("image/jpeg", bytes);
    }
    return undefined;
  }

  function watch(listener: () => void): () => void {
    const end = new AbortController();
    const unwatch = sources.machines.watch(() => listener());
    void (async () => {
      const arrivals = sources.mails.watch(end.signal)[Symbol.asyncIterator]();
      while (!(await arrivals.next()).done) listener();
    })().catch(onError);
    return () => {
      unwatch();
      end.abort();
    };
  }

  return async (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(response);
    const target = targetOf(request.url ?? "/");
    if (target === "bare") return redirect(response, `${prefix}/`);
    const file = target && (await fileAt(target.path));
    if (file) return send(request, response, file);
    const page = target && pageAt(target.path, target.query);
    if (page && request.headers.accept?.includes("text/event-stream")) {
      openStream(request, response);
      return request.method === "HEAD" ? undefined : stream(page, response, watch, onError);
    }
    const view = await page?.();
    const document = frame(view ?? notFound, sources.stack, assets).text;
    return send(request, response, pageAnswer(document, view ? 200 : 404));
  };
}

function pageNumber(query: URLSearchParams): number {
  const asked = query.get("page") ?? "1";
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1;
}

/** The path below `/_console/`, its parts decoded; undefined for one that is no path of ours. */
function targetOf(
  url: string,
): "bare" | { readonly path: readonly string[]; readonly query: URLSearchParams } | undefined {
  const [path = "", query = ""] = url.replace(/^https?:\/\/[^/?]*/i, "").split("?", 2);
  if (path === prefix) return "bare";
  if (!path.startsWith(`${prefix}/`)) return undefined;
  try {
    const parts = path
      .slice(prefix.length + 1)
      .split("/")
      .map(decodeURIComponent);
    return { path: parts, query: new URLSearchParams(query) };
  } catch {
    // A percent sign that encodes nothing.
    return undefined;
  }
}
