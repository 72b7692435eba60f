// @ts-check
/**
 * Writes the table of all args of the component into docs/reference/options.md, between `<!-- args:begin -->` and `<!-- args:end -->`,
 * from the docstrings in components/args.ts. `--check` only reports (exit 1) whether it is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const source = ts.createSourceFile(
  "args.ts",
  readFileSync(join(root, "components/args.ts"), "utf8"),
  ts.ScriptTarget.Latest,
  true,
);

const interfaces = new Map();
const enums = new Map();
source.forEachChild((node) => {
  if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
  if (ts.isEnumDeclaration(node)) enums.set(node.name.text, node);
});

/** One line of text, escaped for a table cell. */
const cell = (text) => text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();

/** The type without Pulumi's wrapper, and the name of the group that it refers to, if any. */
function typeOf(node) {
  const text = node
    .getText(source)
    .replace(/ \| undefined$/, "")
    .replace(/pulumi\.Input<(.*)>/, "$1")
    .replace(/pulumi\.Input<(.*?)>/g, "$1");
  return { text, group: interfaces.has(text) ? text : undefined };
}

function rows(name, prefix) {
  return interfaces.get(name).members.flatMap((member) => {
    const path = prefix + member.name.getText(source);
    const { text, group } = typeOf(member.type);
    if (group !== undefined) return rows(group, `${path}.`);
    const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
    const tags = doc?.tags ?? [];
    const fallback = tags.find((tag) => tag.tagName.text === "default");
    const comment = (part) => (typeof part === "string" ? part : (ts.getTextOfJSDocComment(part) ?? ""));
    const [value, ...reason] = cell(comment(fallback?.comment)).split(": ");
    const values = enums
      .get(text)
      ?.members.map((entry) => entry.getText(source).split(" = ")[1])
      .join(", ");
    return [
      `| \`${path}\` | ${cell(values === undefined ? `\`${text}\`` : `\`${text}\`: ${values}`)} | ${value} | ${cell(comment(doc?.comment))}${reason.length > 0 ? ` *${reason.join(": ")}.*` : ""} |`,
    ];
  });
}

const table = [
  "| option | type | default | what it is, and *why this default* |",
  "|---|---|---|---|",
  ...rows("AvatarPipelineArgs", ""),
].join("\n");

const path = join(root, "docs/reference/options.md");
const before = readFileSync(path, "utf8");
const after = before.replace(
  /(<!-- args:begin -->\n)[\s\S]*?(<!-- args:end -->)/,
  (_, begin, end) => `${begin}${table}\n${end}`,
);
if (after !== before && process.argv.includes("--check")) {
  console.error(
    "docs/reference/options.md: the table of args is not that of components/args.ts; run `npm run generate`.",
  );
  process.exitCode = 1;
} else if (after !== before) writeFileSync(path, after);
