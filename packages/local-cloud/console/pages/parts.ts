import { explain, type About } from "../about";
import type { Light } from "../graph/draw";
import { html, type Html } from "../html";
import type { Words } from "../program";
import type { Failure } from "../runs";

/** A status as a coloured word with a sign of its own, so that nobody depends on the colour. */
export function badge(light: Light | "waiting" | "neutral", word: string): Html {
  return html`<span class="badge ${light}"><span class="sign" aria-hidden="true"></span>${word}</span>`;
}

/** An outcome, with the state that a running execution is in. */
export function outcomeBadge(about: About): Html {
  if (about.light === "running" && about.state !== undefined) return badge("running", about.state);
  return badge(about.light, about.word);
}

/** An error for people: its meaning in words first, then its name and the report. */
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

/**
 * Text from outside that may be long or strange: isolated, so that it cannot reverse the direction of the text around
 * it.
 */
export function foreign(text: string | undefined): Html {
  return text === undefined || text === "" ? html`<span class="muted">–</span>` : html`<bdi>${text}</bdi>`;
}
