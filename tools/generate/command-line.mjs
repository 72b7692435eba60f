// @ts-check
/**
 * Writes docs/reference/command-line.md from the commands' definitions in packages/cli/commands, as they are built.
 * `--check` only reports (exit 1) whether the document is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const load = createRequire(import.meta.url);
const { commands } = load(join(root, "build/packages/cli/commands/index.js"));
const { optionsOf, usageOf } = load(join(root, "build/packages/cli/help.js"));

/** One line of text, escaped for a table cell. */
const cell = (text) =>
  text
    .replace(/\n(\{.*\})/g, " `$1`")
    .replace(/\s+/g, " ")
    .replaceAll("|", "\\|")
    .replace(/(^| )(--[a-z][\w-]*( [A-Z]+\b)?)/g, "$1`$2`")
    .trim();

const table = (heads, rows) =>
  [
    `| ${heads.join(" | ")} |`,
    `|${heads.map(() => "---|").join("")}`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");

function section(command) {
  const { name, description, operands, notes = [], exits } = command;
  const entries = [...Object.entries(operands?.help ?? {}), ...optionsOf(command)];
  return [
    `## ${name}`,
    usageOf(command)
      .split("\n")
      .map((form) => `- \`${form.replace("Usage:", "").trim()}\``)
      .join("\n"),
    ...description,
    table(
      ["argument", "meaning"],
      entries.map(([typed, help]) => [`\`${typed}\``, cell(help)]),
    ),
    ...notes,
    table(
      ["exit status", "meaning"],
      exits.map(([status, meaning]) => [String(status), cell(meaning)]),
    ),
  ].join("\n\n");
}

const all = await Promise.all(Object.values(commands).map((load) => load()));
const after = [
  "# Command line",
  "Each command lists these options with `--help`. [The package's own page](../../packages/cli/README.md) describes how to\n" +
    "install it, what has a local counterpart, and the report of `import`; [Output of `process`](process-output.md) describes\n" +
    "`--json`. `npm run generate` makes this page from the commands' definitions.",
  table(
    ["command", "purpose"],
    all.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
  ),
  ...all.map(section),
  "",
]
  .join("\n\n")
  .replace(/\n+$/, "\n");

const path = join(root, "docs/reference/command-line.md");
let before = "";
try {
  before = readFileSync(path, "utf8");
} catch (error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
}
if (after !== before && process.argv.includes("--check")) {
  console.error("docs/reference/command-line.md is not that of packages/cli/commands; run `npm run generate`.");
  process.exitCode = 1;
} else if (after !== before) writeFileSync(path, after);
