import { html, type Html } from "./html";

/** Longest text of one JSON value that a page shows, in characters; a state's data may have 262,144 bytes. */
const maxJson = 40_000;

/** A moment in this machine's own time zone, which is the reader's; without the day if it is today. */
export function moment(milliseconds: number | undefined): Html {
  if (milliseconds === undefined || Number.isNaN(milliseconds)) return html`<span class="muted">–</span>`;
  const date = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const isToday = date.toDateString() === new Date().toDateString();
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return html`<time datetime="${date.toISOString()}"
    >${!isToday && html`<span class="day">${day}</span> `}${time}</time
  >`;
}

/** `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 60_000) return `${(whole / 1000).toFixed(1)} s`;
  const seconds = Math.floor(whole / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
}

/** From a start to an end; while there is no end yet, the page's script counts on. */
export function lasting(start: number, end: number | undefined): Html {
  if (end !== undefined) return html`<span class="duration">${duration(end - start)}</span>`;
  return html`<span class="duration" data-since="${start}">${duration(Date.now() - start)}</span>`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** JSON text, indented and coloured; text that is no JSON as it is. */
export function json(text: string): Html {
  let pretty: string;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return html`${cut(text)}${rest(text)}`;
  }
  const tokens = cut(pretty).matchAll(/("(?:[^"\\]|\\.)*"?)(\s*:)?|-?\d[\d.eE+-]*|true|false|null|[^"\-\dtfn]+|./gs);
  return html`${[...tokens].map(([token, text, colon]) => {
    if (text !== undefined && colon !== undefined) return html`<span class="json-key">${text}</span>${colon}`;
    if (text !== undefined) return html`<span class="json-text">${text}</span>`;
    return /^[-\dtfn]/.test(token) ? html`<span class="json-value">${token}</span>` : token;
  })}${rest(pretty)}`;
}

const cut = (text: string): string => text.slice(0, maxJson);

function rest(text: string): Html {
  const more = text.length - maxJson;
  return more > 0 ? html`<span class="muted"> … and ${count(more, "more character")}</span>` : html``;
}
