// @ts-check
/**
 * Writes every file that is generated from the sources and committed: `npm run generate`. With `--check` nothing is
 * written, and the first outdated file fails. The screenshots are made by hand, since they need a browser.
 */
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const generators = [
  "tools/generate/args-table.mjs",
  "tools/generate/draw-flow.mjs",
  "tools/generate/command-line.mjs",
  "tools/generate/roles-table.mjs",
  "tools/generate/http-api.mjs",
  "tools/generate/provider-schema.mjs",
  "packages/imaging/kernel/build.mjs",
];

try {
  for (const generator of generators) {
    execFileSync(process.execPath, [join(root, generator), ...process.argv.slice(2)], { stdio: "inherit" });
  }
} catch {
  // The generator has printed the reason.
  process.exitCode = 1;
}
