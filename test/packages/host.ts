/**
 * Evaluates a consumer's program under mocks and prints its declarations. Run in the consumer's folder, so that the
 * program's own packages are found from there.
 *
 * Usage: node host.js PROGRAM; its default export makes the pipeline.
 */
import type * as pulumi from "@pulumi/pulumi";
import { pathToFileURL } from "node:url";
import { evaluate, textFilesOf } from "../components/harness";

export interface Declared {
  readonly resources: readonly string[];
  /** The files of each function's archive, by the function's name. */
  readonly archives: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

async function main(): Promise<void> {
  const program = (await import(pathToFileURL(process.argv[2] ?? "").href)) as {
    default: (() => pulumi.Resource) | { default: () => pulumi.Resource };
  };
  const declare = typeof program.default === "function" ? program.default : program.default.default;
  const world = await evaluate(() => [declare()]);
  const archives = world
    .all("Function")
    .map(async ({ name, inputs }) => [name, await textFilesOf(inputs["code"])] as const);
  const declared: Declared = {
    resources: world.resources.map(({ urn }) => urn),
    archives: Object.fromEntries(await Promise.all(archives)),
  };
  process.stdout.write(JSON.stringify(declared));
}

if (require.main === module) void main();
