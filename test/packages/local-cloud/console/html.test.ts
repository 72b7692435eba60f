import { expect } from "chai";
import fc from "fast-check";
import { json } from "../../../../packages/local-cloud/console/format";
import { html } from "../../../../packages/local-cloud/console/html";

/** A browser's reading of text with the five entities that the console writes. */
function read(markup: string): string {
  return markup
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
}

const withoutControls = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- exactly these are meant
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd");

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("<script>alert(1)</script>", '" onload="x', "</pre>", "&lt;", "<!--", "'", "\u0000", "\u202e"),
);

describe("Markup", () => {
  it("holds any text as text, in an element and in an attribute", () => {
    fc.assert(
      fc.property(hostile, hostile, (title, text) => {
        const { text: markup } = html`<p title="${title}">${text}</p>`;
        const match = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/s.exec(markup);
        expect(match?.slice(1).map(read)).to.deep.equal([withoutControls(title), withoutControls(text)]);
      }),
    );
  });

  it("takes markup in, lists too, and leaves nothings out", () => {
    const parts = ["a", "<b>"].map((name) => html`<i>${name}</i>`);
    expect(html`${parts}${undefined}${null}${false}${0}`.text).to.equal("<i>a</i><i>&lt;b&gt;</i>0");
  });

  it("shows any JSON whole, and text that is none as it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), hostile), (text) => {
        let pretty = text;
        try {
          pretty = JSON.stringify(JSON.parse(text), null, 2);
        } catch {
          // Shown as it is.
        }
        const shown = json(text).text.replace(/<\/?span[^>]*>/g, "");
        expect(read(shown)).to.equal(withoutControls(pretty));
      }),
    );
  });

  it("shortens JSON that is too long for a page, and says by how much", () => {
    expect(json(JSON.stringify("x".repeat(50_000))).text).to.match(/… and 10,002 more characters/);
  });
});
