import { XMLParser, XMLValidator } from "fast-xml-parser";

import { s3Error } from "./errors";

/** The content of an element: text, nested elements, or several elements of one name. `undefined` omits it. */
export type XmlValue = string | number | boolean | undefined | XmlObject | readonly XmlValue[];
export interface XmlObject {
  readonly [element: string]: XmlValue;
}

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** An XML document; S3's results are in its namespace, its errors in none. */
export function toXml(root: string, content: XmlObject | string, namespace = s3Namespace): string {
  const attribute = namespace === "" ? "" : ` xmlns="${namespace}"`;
  const inner = typeof content === "string" ? escapeText(content) : elements(content);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner}</${root}>`;
}

function elements(content: XmlObject): string {
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join("");
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item: XmlValue) => element(name, item)).join("");
  const inner = typeof value === "object" ? elements(value as XmlObject) : escapeText(String(value));
  return `<${name}>${inner}</${name}>`;
}

/** Keys may hold control characters, which XML parsers would drop or change unless they are escaped. */
function escapeText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[character];
    return named ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

// Entities are resolved here, afterwards: the parser drops references to control characters, and documents that define
// entities of their own need no reader.
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  removeNSPrefix: true,
  cdataPropName: "#cdata",
  isArray: () => true,
});

/** A parsed element: its text, and its children by name. */
export interface XmlElement {
  readonly text: string;
  /** The names of its children. */
  readonly names: readonly string[];
  all(name: string): readonly XmlElement[];
  /** The text of the first child of this name. */
  child(name: string): string | undefined;
}

/** Reads a document whose root has the given name. @throws CloudError MalformedXML */
export function fromXml(document: Buffer, root: string): XmlElement {
  const text = document.toString("utf8");
  if (XMLValidator.validate(text) !== true) throw s3Error("MalformedXML");
  const [element] = xmlElement(parse(text)).all(root);
  if (!element) throw s3Error("MalformedXML");
  return element;
}

function parse(text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    // The parser refuses names such as __proto__.
    throw s3Error("MalformedXML");
  }
}

function xmlElement(parsed: unknown): XmlElement {
  if (typeof parsed === "string") {
    return { text: unescapeText(parsed), names: [], all: () => [], child: () => undefined };
  }
  const children = (parsed ?? {}) as Record<string, unknown>;
  const all = (name: string) => {
    const found = Object.hasOwn(children, name) ? children[name] : [];
    return (Array.isArray(found) ? found : [found]).map(xmlElement);
  };
  const own = (name: string) => (Object.hasOwn(children, name) ? [children[name]].flat().join("") : "");
  return {
    text: unescapeText(own("#text")) + own("#cdata"),
    names: Object.keys(children).filter((name) => !name.startsWith("#")),
    all,
    child: (name) => all(name)[0]?.text,
  };
}

function unescapeText(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (entity, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[name.toLowerCase()] ?? entity;
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    },
  );
}
