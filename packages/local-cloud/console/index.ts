/**
 * The console of the local cloud: pages for the person at this machine, for any program. A program may add a page of
 * its own, files, and its words for the executions' subjects (program.ts).
 *
 *   consoleRoute(cloudParts, program?): Route                                      for startCloud's `routes`
 *   createConsole(sources, { program?, onError? }): (request, response) => Promise<void>     the handler it mounts
 *
 *   /_console/                     the machines with the states that executions are in, the latest mails
 *   /_console/executions           all executions; ?page=N
 *   /_console/executions/{id}      one: its states, their input and output, its path through the machine
 *   /_console/inbox, …/{id}        the mails; …/{id}/html is a mail's HTML part alone, sandboxed
 *   /_console/logs, …/{name}       output of the functions
 *   /_console/assets/{file}        style sheet, script, icon
 *
 * Pages are rendered here and complete without any script. With `Accept: text/event-stream`, the same address streams
 * the page's regions as they change (stream.ts), and the one script (browser/script.ts) inserts them. So there is one
 * way to render a thing, and an open page recovers by itself after a restart of the local mode.
 *
 * pages/ has the pages, graph/ lays a machine out and draws it, runs.ts reads the path of an execution from its
 * history. All text from outside passes html.ts, which escapes it, and the pages' policy allows no script but the
 * console's own. Nothing can be changed here: every method but GET and HEAD is refused.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "../gateway";
import { createAbout } from "./about";
import { loadAssets } from "./assets";
import { openStream, mailAnswer, pageAnswer, redirect, refuseMethod, send, type Answer } from "./http";
import { fromCloud, type ConsoleParts } from "./from-cloud";
import { createLayouts } from "./layouts";
import { executionPage } from "./pages/execution";
import { executionsPage } from "./pages/executions";
import { frame, notFound } from "./pages/frame";
import { inboxPage, letterOf, mailPage } from "./pages/inbox";
import { logPage, logsPage } from "./pages/logs";
import { overviewPage } from "./pages/overview";
import { prefix, type Page } from "./pages/view";
import { generalWords, type ConsoleProgram } from "./program";
import type { ConsoleSources } from "./sources";
import { stream } from "./stream";

export type { ConsoleParts } from "./from-cloud";
export type { ConsoleProgram, Subject, Words } from "./program";
export type { ConsoleSources, LogSource, MachineSource, MailSource, StackFacts } from "./sources";

export interface ConsoleOptions {
  readonly program?: ConsoleProgram | undefined;
  /** Receives each source that failed while a page was open; by default it is written to stderr. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The console's pages, on a running cloud. */
export function consoleRoute(parts: ConsoleParts, program?: ConsoleProgram): Route {
  return { prefix, servesPages: true, handle: createConsole(fromCloud(parts), { program }) };
}

/**
 * The handler of all paths below `/_console`.
 *
 * @returns a handler whose promise is rejected when a source fails before anything was sent
 */
export function createConsole(
  sources: ConsoleSources,
  options: ConsoleOptions = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { program = {} } = options;
  const onError = options.onError ?? ((error) => console.error("console:", error));
  const words = { ...generalWords, ...program.words };
  const aboutOf = createAbout(sources.machines, words);
  const layouts = createLayouts(sources.machines);
  const assets = loadAssets(program.styles);
  const overview = program.overview?.(layouts) ?? overviewPage(sources, layouts, words);

  function pageAt([first = "", second, ...more]: readonly string[], query: URLSearchParams): Page | undefined {
    if (more.length > 0) return undefined;
    const one = second === undefined || second === "" ? undefined : second;
    switch (first) {
      case "":
        return second === undefined ? overview : undefined;
      case "executions":
        return one === undefined
          ? executionsPage(sources, aboutOf, words, pageNumber(query))
          : executionPage(sources, layouts, words, one);
      case "inbox":
        return one === undefined ? inboxPage(sources, words) : mailPage(sources, words, one);
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
    return program.fileAt?.(path);
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
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuseMethod(response);
      return;
    }
    const target = targetOf(request.url ?? "/");
    if (target === "bare") {
      redirect(response, `${prefix}/`);
      return;
    }
    const file = target && (await fileAt(target.path));
    if (file) {
      send(request, response, file);
      return;
    }
    const page = target && pageAt(target.path, target.query);
    if (page && request.headers.accept?.includes("text/event-stream")) {
      openStream(request, response);
      if (request.method === "GET") stream(page, response, watch, onError, words.title);
      return;
    }
    const view = await page?.();
    const document = frame(view ?? notFound, sources.stack, assets, words.title).text;
    send(request, response, pageAnswer(document, view ? 200 : 404));
  };
}

function pageNumber(query: URLSearchParams): number {
  const asked = query.get("page") ?? "1";
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1;
}

/** The path below `/_console/`, its parts decoded; undefined for any other path. */
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
