import { executionPath, explain, type AboutOf } from "../about";
import { count, lasting, moment } from "../format";
import { html, type Html } from "../html";
import type { Words } from "../program";
import type { ConsoleSources } from "../sources";
import type { Execution } from "../../services/states";
import { empty, foreign, outcomeBadge } from "./parts";
import { prefix, type Page } from "./view";

const perPage = 50;

/** @param page from 1, the newest */
export function executionsPage({ machines }: ConsoleSources, aboutOf: AboutOf, words: Words, page: number): Page {
  return () => {
    const all = [...machines.executions()].reverse();
    const shown = all.slice((page - 1) * perPage, page * perPage);
    if (page > 1 && shown.length === 0) return undefined;
    const running = all.filter(({ status }) => status === "RUNNING").length;
    return {
      title: running > 0 ? `Executions (${running} running)` : "Executions",
      section: "executions",
      pollMilliseconds: 0,
      regions: {
        count: html`<p class="lead" role="status">${count(all.length, "execution")}, ${running} running.</p>`,
        list: html`${executionTable(shown, aboutOf, words, machines.list().length > 1)}${pages(page, all.length)}`,
      },
      body: (regions) =>
        html`<h1>Executions</h1>
          ${regions["count"]} ${regions["list"]}`,
    };
  };
}

/** Executions, one in a row; each value carries its column's name, which narrow screens show instead of the head. */
function executionTable(executions: readonly Execution[], aboutOf: AboutOf, words: Words, withMachine: boolean): Html {
  if (executions.length === 0) return empty(words.noExecutions);
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">${words.subjectHead}</th>
        <th scope="col">Outcome</th>
        <th scope="col">Why</th>
        <th scope="col">Started</th>
        <th scope="col" class="number">Took</th>
      </tr>
    </thead>
    <tbody>
      ${executions.map((execution) => row(execution, aboutOf, words, withMachine))}
    </tbody>
  </table>`;
}

function row(execution: Execution, aboutOf: AboutOf, words: Words, withMachine: boolean): Html {
  const about = aboutOf(execution);
  const { name, detail } = about.subject;
  const machine = execution.machineArn.split(":").at(-1);
  return html`<tr id="execution-${encodeURIComponent(execution.arn)}">
    <th scope="row" data-label="${words.subjectHead}">
      <a href="${executionPath(execution)}"
        >${name === undefined ? html`<code>${execution.name}</code>` : foreign(name)}</a
      >
      ${detail !== undefined && html`<span class="file muted">${foreign(detail)}</span>`}
      ${withMachine && html`<span class="file muted">${foreign(machine)}</span>`}
    </th>
    <td data-label="Outcome">${outcomeBadge(about)}</td>
    <td data-label="Why" class="why">${about.failure ? foreign(explain(about.failure, words).title) : ""}</td>
    <td data-label="Started">${moment(execution.startDate)}</td>
    <td data-label="Took" class="number">${lasting(execution.startDate, execution.stopDate)}</td>
  </tr>`;
}

function pages(page: number, total: number): Html {
  const last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1) return html``;
  const link = (to: number, text: string): Html =>
    html`<a href="${prefix}/executions${to > 1 && `?page=${to}`}">${text}</a>`;
  return html`<nav class="pages" aria-label="Pages">
    ${page > 1 && link(page - 1, "Newer")}
    <span>Page ${page} of ${last}</span>
    ${page < last && link(page + 1, "Older")}
  </nav>`;
}
