// @ts-check
/**
 * Draws the machine (handlers/machine.ts, built) as a Mermaid chart into every document that has the two marker
 * comments:
 *
 *   <!-- flow:begin -->  …  <!-- flow:end -->
 *
 * `node tools/generate/draw-flow.mjs` writes, `--check` only reports (exit 1) a document that is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const documents = ["docs/architecture.md"];

/** The chart lines for the states of one machine or branch. */
function draw(states, indent) {
  const lines = [];
  const line = (text) => lines.push(indent + text);
  for (const [name, state] of Object.entries(states)) {
    if (state.Type === "Parallel") {
      line(`subgraph ${name}`);
      for (const branch of state.Branches) lines.push(...draw(branch.States, `${indent}  `));
      line("end");
    } else if (state.Type === "Choice") line(`${name}{${name}}`);
    else if (state.Type === "Succeed" || state.Type === "Fail") line(`${name}([${name}])`);
    else if (state.Type === "Pass") continue;
    else line(`${name}[${name}]`);
  }
  return lines;
}

/** The arrows: solid for a photo's normal path, dotted for the path after an error. */
function arrows(states) {
  const passes = new Set(Object.keys(states).filter((name) => states[name].Type === "Pass"));
  return Object.entries(states).flatMap(([name, state]) => {
    if (passes.has(name)) return [];
    const found = [];
    for (const choice of state.Choices ?? []) {
      // A choice's condition: a value, or the presence of a field (`$.interrupted`, or one of several fields).
      const label = choice.StringEquals ?? choice.Variable?.replace("$.", "") ?? "a branch failed";
      found.push(`${name} -- ${label} --> ${choice.Next}`);
    }
    if (state.Default) found.push(`${name} -- else --> ${state.Default}`);
    if (state.Next) found.push(`${name} --> ${state.Next}`);
    const caught = new Set((state.Catch ?? []).map(({ Next }) => Next).filter((next) => !passes.has(next)));
    for (const next of caught) found.push(`${name} -. error .-> ${next}`);
    return [...found, ...(state.Branches ?? []).flatMap((branch) => arrows(branch.States))];
  });
}

const { machine: flow } = createRequire(import.meta.url)("../../build/handlers/machine.js");
const chart = [
  "```mermaid",
  "flowchart TD",
  `  start(( )) --> ${flow.StartAt}`,
  ...draw(flow.States, "  "),
  ...arrows(flow.States).map((arrow) => `  ${arrow}`),
  "```",
].join("\n");

let stale = 0;
for (const name of documents) {
  const path = join(root, name);
  const before = readFileSync(path, "utf8");
  const after = before.replace(
    /(<!-- flow:begin -->\n)[\s\S]*?(<!-- flow:end -->)/,
    (_, begin, end) => `${begin}${chart}\n${end}`,
  );
  if (after === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name}: the drawing is not that of the machine; run \`npm run generate\`.`);
    stale += 1;
  } else writeFileSync(path, after);
}
process.exitCode = stale > 0 ? 1 : 0;
