import { html, type Html } from "../html";
import type { Layouts } from "../layouts";
import type { Words } from "../program";
import type { ConsoleSources } from "../sources";
import { mailList } from "./inbox";
import { machinePicture } from "./machine";
import { empty, foreign } from "./parts";
import { type Page } from "./view";

const maxMails = 6;

/** Running executions and the latest ones, for any program. */
export function overviewPage({ stack, machines, mails }: ConsoleSources, layouts: Layouts, words: Words): Page {
  return () => {
    const drawn = machines.list().map(({ arn, name }, index) => {
      const id = `machine-${index}`;
      return { id, name, ...machinePicture(machines, layouts, arn, id) };
    });
    return {
      title: `Overview of ${stack.name}`,
      section: "overview",
      pollMilliseconds: 0,
      regions: {
        ...Object.fromEntries(drawn.map(({ id, picture }) => [id, picture])),
        mails: mailList(mails.list({ limit: Infinity }), maxMails, words),
      },
      body: (regions) =>
        html`<h1>Overview</h1>
          <dl class="facts">
            <dt>Endpoint of every service</dt>
            <dd><code>${stack.endpoint}</code></dd>
          </dl>
          ${drawn.map(({ id, name }) => machineSection(id, name, regions[id]))}
          ${drawn.length === 0 && empty("The program declares no state machine.")}
          <section aria-labelledby="mails">
            <h2 id="mails">Latest mails</h2>
            ${regions["mails"]}
          </section>`,
    };
  };
}

function machineSection(id: string, name: string, picture: Html | undefined): Html {
  return html`<section class="picture" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${foreign(name)}</h2>
    <div class="canvas" tabindex="0" role="group" aria-label="The drawing, to be scrolled">${picture}</div>
  </section>`;
}
