import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { usageError } from "../command";

/** A stack on AWS, as the Pulumi CLI knows it. */
export interface Stack {
  /** `aws:region` of its configuration; undefined where that leaves it to the environment. */
  readonly region: string | undefined;
  /** An output of the pipeline. @throws UsageError when the stack has no such output, or it is no text */
  output(name: string): string;
}

/**
 * Asks the Pulumi CLI, which knows where the stack's state is.
 *
 * @param stack its name, as `pulumi stack ls` shows it
 * @param pipeline the output that has the pipeline's outputs in it, where the stack has several; undefined for those of
 * the stack itself
 * @param instead the option for a pipeline on this machine, for whoever has no Pulumi CLI
 * @throws UsageError in one line when there is no Pulumi CLI, or in its own words when there is no such stack;
 * when that has no such pipeline
 */
export async function readStack(stack: string, pipeline: string | undefined, instead: string): Promise<Stack> {
  const pulumi = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"]);
    return stdout.trim();
  };
  let outputs: Record<string, unknown>;
  try {
    outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") {
      throw usageError(
        `--stack needs the Pulumi CLI, and there is no \`pulumi\` on the PATH; install it, or use ${instead}.`,
      );
    }
    throw usageError(`--stack ${stack}: ${stderr?.trim().split("\n")[0] ?? String(error)}`);
  }
  const several = Object.keys(outputs).filter((name) => isRecord(outputs[name]));
  const own = pipeline === undefined ? outputs : outputs[pipeline];
  if (!isRecord(own)) {
    const fix =
      several.length > 0
        ? `it has: ${several.join(", ")}.`
        : `export its names from the program, as in export const ${pipeline} = { photoBucket: … }, and run pulumi up.`;
    throw usageError(
      `--pipeline ${pipeline}: --stack ${stack} has no output ${pipeline} with a pipeline's names; ${fix}`,
    );
  }
  return {
    region: await pulumi("config", "get", "aws:region").catch(() => undefined),
    output(name) {
      const value = own[name];
      if (typeof value === "string") return value;
      const within = several.filter((output) => name in (outputs[output] as object));
      if (pipeline === undefined && within.length > 0) {
        throw usageError(
          `--stack ${stack} has several pipelines: ${within.join(", ")}. Name one of them with --pipeline NAME.`,
        );
      }
      const output = pipeline === undefined ? name : `${pipeline}.${name}`;
      throw usageError(`--stack ${stack} has no output ${output}; export it from the program and run pulumi up.`);
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
