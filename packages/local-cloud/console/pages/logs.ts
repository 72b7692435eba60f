import { html } from "../html";
import type { ConsoleSources } from "../sources";
import { empty } from "./parts";
import { prefix, type Page } from "./view";

const maxLines = 400;

export function logsPage({ logs }: ConsoleSources): Page {
  return () => {
    const names = logs.names();
    return {
      title: "Logs",
      section: "logs",
      pollMilliseconds: 2_000,
      regions: {
        names:
          names.length === 0
            ? empty("No function has run yet.")
            : html`<ul class="links">
                ${names.map((name) => html`<li><a href="${prefix}/logs/${encodeURIComponent(name)}">${name}</a></li>`)}
              </ul>`,
      },
      body: ({ names: list }) =>
        html`<h1>Logs</h1>
          <p class="lead">What each function wrote, with Lambda's own START, END and REPORT lines.</p>
          ${list}`,
    };
  };
}

export function logPage({ logs }: ConsoleSources, name: string): Page {
  return async () => {
    if (!logs.names().includes(name)) return undefined;
    const lines = await logs.tail(name, maxLines);
    return {
      title: `Log of ${name}`,
      section: "logs",
      pollMilliseconds: 1_000,
      regions: {
        lines:
          lines.length === 0 ? empty("Nothing was written yet.") : html`<pre class="log">${lines.join("\n")}</pre>`,
      },
      body: ({ lines: text }) =>
        html`<p class="back"><a href="${prefix}/logs">Logs</a></p>
          <h1>${name}</h1>
          <p class="lead">The last ${maxLines} lines, the newest below.</p>
          ${text}`,
    };
  };
}
