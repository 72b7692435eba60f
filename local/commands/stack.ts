import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { usageError } from "./usage";

/** A stack on AWS, as the Pulumi CLI knows it. */
export interface Stack {
  /** `aws:region` of its configuration; undefined where that leaves it to the environment. */
  readonly region: string | undefined;
  /** @throws UsageError when the stack has no such output, or it is no text */
  output(name: string): string;
}

/**
 * Asks the Pulumi CLI, which knows where the stack's state is.
 *
 * @param stack its name, as `pulumi stack ls` shows it
 * @param instead the option for a pipeline on this machine, for whoever has no Pulumi CLI
 * @throws UsageError in one line when there is no Pulumi CLI, or in its own words when there is no such stack
 */
export async function readStack(stack: string, instead: string): Promise<Stack> {
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
  return {
    region: await pulumi("config", "get", "aws:region").catch(() => undefined),
    output(name) {
      const value = outputs[name];
      if (typeof value === "string") return value;
      throw usageError(`--stack ${stack} has no output ${name}; export it from the program and run pulumi up.`);
    },
  };
}
