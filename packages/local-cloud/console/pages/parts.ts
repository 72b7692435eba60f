import { explain, type About } from "../about";
import type { Light } from "../graph/draw";
import { html, type Html } from "../html";
import type { Words } from "../program";
import type { Failure } from "../runs";

/** A state of affairs as a coloured word with a sign of its own, so that no colour is needed to tell. */
export function badge(light: Light | "waiting" | "neutral", word: string): Html {
  return html`<span class="badge ${light}"><span class="sign" aria-hidden="true"></span>${word}</span>`;
}

/** An outcome, with the state that a running execution is in. */
export function outcomeBadge(about: About): Html {
  if (about.light === "running" && about.state !== undefined) return badge("running", about.state);
  return badge(about.light, about.word);
}

/** An error for people: what it means, in their words first, then its name and what was reported. */
export function failureBlock(failure: Failure, light: Light, words: Words): Html {
  const { error, title, more, stack } = explain(failure, words);
  return html`<div class="failure ${light}">
    <p><code>${error === "" ? "Error" : error}</code> <bdi>${title}</bdi></p>
    ${more !== "" && html`<p class="muted"><bdi>${more}</bdi></p>`}
    ${
      stack.length > 0 &&
      html`<details>
        <summary>Stack</summary>
        <pre>${stack.join("\n")}</pre>
      </details>`
    }
  </div>`;
}

export function empty(text: string | Html): Html {
  return html`<p class="empty">${text}</p>`;
}

/** Text that may be long or strange, from outside: kept from turning the text around it the other way. */
export function foreign(text: string | undefined): Html {
  return text === undefined || text === "" ? html`<span class="muted">–</span>` : html`<bdi>${text}</bdi>`;
}
