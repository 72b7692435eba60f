// @ts-check
/**
 * Runs test files of the built tree with mocha:
 *
 *   node test/run.mjs short        all but the long ones: what `npm test` runs
 *   node test/run.mjs long         the long ones alone, `*.long.test.ts`
 *   node test/run.mjs all          both
 *   node test/run.mjs judges       programs that others wrote judge this one, `*.judge.test.ts`
 *   node test/run.mjs one NAME…    those whose path includes one of the names; the long ones and the judges as well
 *
 * Arguments that begin with `-` are passed to mocha.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The slowest files, in descending order: if a long file started last, the run would wait for that file alone. */
const first = ["chaos/chaos.long", "flow/crowd", "chaos/defects", "chaos/chaos", "flow/", "site/", "packages/cli/"];

/** @param {string} path */
const rank = (path) => {
  const at = first.findIndex((name) => path.includes(name));
  return at < 0 ? first.length : at;
};

const [tier = "", ...given] = process.argv.slice(2);
const names = given.filter((word) => !word.startsWith("-"));
const options = given.filter((word) => word.startsWith("-"));

/** @param {string} path */
const isLong = (path) => path.endsWith(".long.test.js");
/** @param {string} path */
const isJudge = (path) => path.endsWith(".judge.test.js");

/** @type {Record<string, (path: string) => boolean>} */
const tiers = {
  short: (path) => !isLong(path) && !isJudge(path),
  long: isLong,
  all: (path) => !isJudge(path),
  judges: isJudge,
  one: (path) => names.some((name) => path.includes(name)),
};
const isWanted = tiers[tier];
if (isWanted === undefined || (tier === "one") !== names.length > 0) {
  console.error("Usage: node test/run.mjs short|long|all|judges, or: node test/run.mjs one NAME…");
  process.exit(1);
}

const built = join(root, "build/test");
const files = readdirSync(built, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .filter(isWanted)
  .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
  .map((path) => join("build/test", path));
if (files.length === 0) {
  console.error(`No test file's path includes ${names.join(" or ")}.`);
  process.exit(1);
}
const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const { status } = spawnSync(process.execPath, [mocha, ...options, ...files], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
