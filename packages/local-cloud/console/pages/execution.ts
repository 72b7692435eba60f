import type { Execution, HistoryEvent } from "../../services/states";
import { aboutOf, lightOf, type About } from "../about";
import { count, duration, json, lasting, moment } from "../format";
import { draw, type Light } from "../graph/draw";
import { html, type Html } from "../html";
import { transitionsOf, visitsOf, type Attempt, type Visit } from "../runs";
import type { Words } from "../program";
import type { ConsoleSources } from "../sources";
import type { Layouts } from "../layouts";
import { badge, empty, failureBlock, foreign, outcomeBadge } from "./parts";
import { prefix, type Page } from "./view";

/** @param id `machine:name`, or the whole ARN */
export function executionPage({ machines }: ConsoleSources, layouts: Layouts, words: Words, id: string): Page {
  return () => {
    const execution =
      machines.execution(id) ?? [...machines.executions()].find(({ arn }) => arn.endsWith(`:execution:${id}`));
    if (!execution) return undefined;
    const history = machines.history(execution.arn);
    const visits = visitsOf(execution, history);
    const about = aboutOf(execution, visits, history[0]?.details?.["input"], words);
    const layout = layouts(execution.machineArn);
    const lights = lightsOf(visits, words);
    const { name: subject = execution.name, detail } = about.subject;
    return {
      title: `${about.word}: ${subject}`,
      section: "executions",
      pollMilliseconds: 0,
      regions: {
        summary: summary(execution, about, visits, words),
        machine: layout
          ? draw({
              id: "run",
              layout,
              lights,
              ways: transitionsOf(visits),
              title: `The state machine; ${about.light === "running" ? `now in ${about.state ?? "no state"}` : about.word}`,
              href: (name) => {
                const visit = visits.findLast((candidate) => candidate.name === name);
                return visit && `#visit-${visit.id}`;
              },
            })
          : empty("The program does not declare this execution's state machine any more."),
        steps: steps(visits, words),
        data: executionData(execution, history),
      },
      body: (regions) =>
        html`<p class="back"><a href="${prefix}/executions">Executions</a></p>
          <h1>${foreign(subject)} ${detail !== undefined && html`<small>${foreign(detail)}</small>`}</h1>
          ${regions["summary"]}
          <div class="split run">
            <section aria-labelledby="steps-title">
              <h2 id="steps-title">Steps</h2>
              ${regions["steps"]}
              <h2>Execution</h2>
              ${regions["data"]}
            </section>
            <section class="picture" aria-labelledby="machine-title">
              <h2 id="machine-title">State machine</h2>
              <div class="canvas" tabindex="0" role="group" aria-label="The drawing, to be scrolled">
                ${regions["machine"]}
              </div>
            </section>
          </div>`,
    };
  };
}

/** If a state was visited several times, the last visit decides. */
export function lightsOf(visits: readonly Visit[], words: Words): ReadonlyMap<string, Light> {
  return new Map(visits.map((visit) => [visit.name, lightOf(visit, words)]));
}

function summary(execution: Execution, about: About, visits: readonly Visit[], words: Words): Html {
  const retries = visits.reduce((sum, { attempts }) => sum + Math.max(0, attempts.length - 1), 0);
  return html`<div class="summary">
    <p class="outcome" role="status">${outcomeBadge(about)}</p>
    <dl class="facts inline">
      <dt>Started</dt>
      <dd>${moment(execution.startDate)}</dd>
      <dt>Took</dt>
      <dd>${lasting(execution.startDate, execution.stopDate)}</dd>
      <dt>States</dt>
      <dd>${visits.length}${retries > 0 && `, ${count(retries, "retry", "retries")}`}</dd>
      ${
        execution.restarts !== undefined &&
        html`<dt>Begun again</dt>
          <dd>${count(execution.restarts, "time")}</dd>`
      }
    </dl>
    ${about.failure !== undefined && about.light !== "running" && failureBlock(about.failure, about.light, words)}
  </div>`;
}

function steps(visits: readonly Visit[], words: Words): Html {
  const roots = visits.filter(({ parent }) => parent === undefined);
  if (roots.length === 0) return empty("No state has been entered yet.");
  const list = (some: readonly Visit[]): Html =>
    html`<ol class="steps">
      ${some.map((visit) => step(visit, list, visits, words))}
    </ol>`;
  return list(roots);
}

function step(visit: Visit, list: (some: readonly Visit[]) => Html, visits: readonly Visit[], words: Words): Html {
  const children = visits.filter(({ parent }) => parent === visit.id);
  const light = lightOf(visit, words);
  const title = words.stateTitle(visit.name);
  return html`<li id="visit-${visit.id}" class="step ${light}" tabindex="-1">
    <div class="line">
      <h3>${visit.name}</h3>
      ${statusBadge(visit, light)}
      <span class="when muted">
        <span class="start">${moment(visit.enteredAt)}</span>
        ${visit.status === "stopped" && visit.endedAt === undefined ? "" : lasting(visit.enteredAt, visit.endedAt)}
      </span>
    </div>
    <p class="muted kind">${visit.type}${title !== undefined && html`: ${title}`}${attemptsText(visit)}</p>
    ${visit.failure && failureBlock(visit.failure, light, words)} ${children.length > 0 && list(children)}
    ${dataOf(visit, words)}
  </li>`;
}

function statusBadge(visit: Visit, light: Light): Html {
  switch (visit.status) {
    case "running":
      return badge("running", "Running");
    case "waiting":
      return badge("waiting", "Waiting to try again");
    case "succeeded":
      return badge("succeeded", "Done");
    case "caught":
      return badge(light, light === "refused" ? "Refused" : "Failed, caught");
    case "failed":
      return badge("failed", "Failed");
    case "stopped":
      return badge("stopped", "Stopped");
  }
}

function attemptsText({ attempts }: Visit): string {
  return attempts.length > 1 ? `, attempt ${attempts.length}` : "";
}

/** Input and output, folded away: for a Task its function's payload and result, and the state's data around them. */
function dataOf({ id, input, output, attempts }: Visit, words: Words): Html {
  const last = attempts.at(-1);
  return html`<div class="folds">
    ${
      attempts.length > 1 &&
      fold(
        `${id}-attempts`,
        count(attempts.length, "attempt"),
        html`<ol class="attempts">
          ${attempts.map((one) => attempt(one, words))}
        </ol>`,
      )
    }
    ${jsonFold(`${id}-input`, "Input", last ? last.input : input)}
    ${jsonFold(`${id}-output`, "Output", last ? last.output : output)}
    ${last && fold(`${id}-data`, "State data", html`${jsonBlock("Before", input)}${jsonBlock("After", output)}`)}
  </div>`;
}

function attempt({ scheduledAt, endedAt, failure }: Attempt, words: Words): Html {
  return html`<li>
    ${moment(scheduledAt)}
    ${endedAt !== undefined && html`<span class="muted">${duration(endedAt - scheduledAt)}</span>`}
    ${failure ? failureBlock(failure, "failed", words) : endedAt === undefined ? "running" : "succeeded"}
  </li>`;
}

function executionData(execution: Execution, history: readonly HistoryEvent[]): Html {
  const input = history[0]?.details?.["input"];
  const output = history.at(-1)?.details?.["output"];
  return html`<dl class="facts">
      <dt>ARN</dt>
      <dd><code>${execution.arn}</code></dd>
    </dl>
    <div class="folds">
      ${jsonFold("execution-input", "Input", typeof input === "string" ? input : undefined)}
      ${execution.status === "SUCCEEDED" && jsonFold("execution-output", "Output", String(output))}
    </div>`;
}

function fold(id: string, title: string, content: Html): Html {
  return html`<details id="data-${id}">
    <summary>${title}</summary>
    ${content}
  </details>`;
}

function jsonFold(id: string, title: string, text: string | undefined): Html {
  return text === undefined ? html`` : fold(id, title, html`<pre class="json">${json(text)}</pre>`);
}

function jsonBlock(title: string, text: string | undefined): Html {
  return text === undefined
    ? html``
    : html`<h4>${title}</h4>
        <pre class="json">${json(text)}</pre>`;
}
