import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { usageError } from "../usage-error";
import type { StackPlace } from "./place";
import type { ResourceName, Target } from "./target";

/** The pipeline of a stack on AWS, with the credentials that the SDK finds, as the AWS command line does. */
export async function openStack(place: StackPlace): Promise<Target> {
  const { region, resource } = await readStack(place);
  return {
    // A bucket's name belongs to one stack only.
    get name() {
      return resource("photoBucket");
    },
    reportName: place.pipeline === undefined ? place.stack : `${place.stack}-${place.pipeline}`,
    // More attempts than the SDK's three: among thousands of calls in an hour some connection is lost.
    clientConfig: { maxAttempts: 6, ...(region !== undefined && { region }) },
    photoBuckets: [],
    // A photo takes some seconds on AWS; one read a second costs a few thousandths of a cent per photo.
    pollMilliseconds: 1_000,
    resource,
    pending: () => Promise.resolve(undefined),
    explain: () => Promise.resolve(undefined),
    idle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The Pulumi CLI's facts about a stack. */
interface Stack {
  /** `aws:region` of its configuration; undefined if the environment decides. */
  readonly region: string | undefined;
  readonly resource: (name: ResourceName) => string;
}

/**
 * Asks the Pulumi CLI, which knows the location of the stack's state.
 *
 * @throws UsageError in one line if there is no Pulumi CLI or the stack has no such pipeline, or in the CLI's own words
 * if there is no such stack
 */
async function readStack({ stack, pipeline }: StackPlace): Promise<Stack> {
  const pulumi = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--stack", stack, "--non-interactive"]);
    return stdout.trim();
  };
  let outputs: Readonly<Record<string, unknown>>;
  try {
    outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
  } catch (error) {
    throw noOutputs(stack, error);
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
    resource(name) {
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

function noOutputs(stack: string, error: unknown): Error {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  if (code === "ENOENT") {
    return usageError(
      "--stack needs the Pulumi CLI, and there is no `pulumi` on the PATH; install it, or leave --stack out to work " +
        "on a local pipeline.",
    );
  }
  return usageError(`--stack ${stack}: ${stderr?.trim().split("\n")[0] ?? String(error)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
