/** Elements made in code: text is always text, so that no file's or server's content can become markup. */

type Child = Node | string | false | undefined;
type Attribute = string | number | boolean | undefined | ((event: never) => void);

/**
 * Makes an element. A function is a listener (`onclick`), true an empty attribute, false or undefined none.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** One of the symbols defined in index.html; purely visual. */
export function icon(name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button with an icon. */
export function button(
  look: "primary" | "secondary" | "quiet",
  symbol: string | undefined,
  label: string,
  onclick?: (event: Event) => void,
  more: Readonly<Record<string, Attribute>> = {},
): HTMLButtonElement {
  const type = onclick === undefined ? "submit" : "button";
  return h("button", { type, class: `button ${look}`, onclick, ...more }, symbol ? icon(symbol) : undefined, label);
}

/** Makes a screen reader say something without a visible change. */
export function announce(text: string): void {
  const region = document.getElementById("announcer");
  if (region !== null && region.textContent !== text) region.textContent = text;
}
