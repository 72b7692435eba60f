import { html, type Html } from "../html";
import type { StackFacts } from "../sources";
import { prefix, region, type Section, type View } from "./view";

const sections: readonly (readonly [Section, string, string])[] = [
  ["overview", "Overview", `${prefix}/`],
  ["executions", "Executions", `${prefix}/executions`],
  ["inbox", "Inbox", `${prefix}/inbox`],
  ["logs", "Logs", `${prefix}/logs`],
];

/** The document around a page. */
export function frame(
  view: View,
  stack: StackFacts,
  assets: { readonly css: readonly string[]; readonly js: string },
  title: string,
): Html {
  const regions = Object.fromEntries(Object.entries(view.regions).map(([name, part]) => [name, region(name, part)]));
  const items = sections.map(
    ([section, name, url]) =>
      html`<li><a href="${url}" ${view.section === section && html`aria-current="page"`}>${name}</a></li>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${titleOf(view, title)}</title>
        <link rel="icon" href="${prefix}/assets/icon.svg" type="image/svg+xml" />
        ${assets.css.map((url) => html`<link rel="stylesheet" href="${url}" />`)}
        <script type="module" src="${assets.js}"></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <p class="brand"><span class="mark" aria-hidden="true"></span>${title}</p>
          <nav aria-label="Console">
            <ul>
              ${items}
            </ul>
          </nav>
          <p class="where">
            <span><b>${stack.name}</b> ${stack.region}</span>
            <span class="live" data-live hidden>Live</span>
          </p>
        </header>
        <main id="content" tabindex="-1" class="${view.section}">${view.body(regions)}</main>
      </body>
    </html>`;
}

/** @param title the console's own */
export function titleOf(view: View, title: string): string {
  return `${view.title} – ${title}`;
}

/** The page for an unknown address; it does not repeat the address. */
export const notFound: View = {
  title: "Not found",
  section: "none",
  regions: {},
  pollMilliseconds: 0,
  body: () =>
    html`<h1>Not found</h1>
      <p>There is nothing here, or not any more. <a href="${prefix}/">Go to the overview</a>.</p>`,
};
