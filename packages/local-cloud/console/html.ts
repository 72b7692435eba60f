/**
 * Markup that is safe by construction: in a template tagged with {@link html} every value is text and is escaped,
 * unless it is itself the product of such a template.
 */

/** A finished piece of markup. Only this file makes one. */
export class Html {
  private constructor(readonly text: string) {}

  static of(strings: TemplateStringsArray, values: readonly HtmlValue[]): Html {
    return new Html(strings.map((part, i) => part + (i < values.length ? markup(values[i]) : "")).join(""));
  }

  toString(): string {
    return this.text;
  }
}

/** Nothing at all for `undefined`, `null` and `false`, so that `condition && html…` works. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

/** A template in which attributes must be in double quotes: `html\`<a href="${url}">${name}</a>\``. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.of(strings, values);
}

function markup(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === null || value === false) return "";
  if (typeof value === "object") return value.map(markup).join("");
  return escape(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters that HTML forbids become the replacement character, as a browser would show them. */
function escape(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => entities[character] ?? "")
      // eslint-disable-next-line no-control-regex -- exactly these are meant
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd")
  );
}
