import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/**
 * A state machine in the Amazon States Language, JSONPath flavour, limited to the parts that the interpreter supports.
 */
export interface Definition {
  readonly Comment?: string;
  readonly QueryLanguage?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  /** Timeout of the whole execution, in seconds. */
  readonly TimeoutSeconds?: number;
}

/** A path, a constant `null` for "nothing", or absent for "everything". */
type Path = string | null;

interface Common {
  readonly Comment?: string;
  readonly InputPath?: Path;
  readonly OutputPath?: Path;
}
interface Following {
  readonly Next?: string;
  readonly End?: boolean;
}
interface Shaping extends Common, Following {
  readonly Parameters?: unknown;
  readonly ResultPath?: Path;
}
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}
export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly ResultPath?: Path;
}
/** Task, Parallel and Map: the states that can fail and be retried. */
interface Working extends Shaping {
  readonly ResultSelector?: unknown;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}
export interface TaskState extends Working {
  readonly Type: "Task";
  readonly Resource: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: number;
}
export interface ParallelState extends Working {
  readonly Type: "Parallel";
  readonly Branches: readonly Definition[];
}
export interface MapState extends Working {
  readonly Type: "Map";
  readonly ItemProcessor?: Definition;
  readonly Iterator?: Definition;
  readonly ItemSelector?: unknown;
  readonly ItemsPath?: string;
  readonly MaxConcurrency?: number;
}
export interface PassState extends Shaping {
  readonly Type: "Pass";
  readonly Result?: unknown;
}
export interface WaitState extends Common, Following {
  readonly Type: "Wait";
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}
export interface ChoiceState extends Common {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}
/** `Variable` with one comparison, or And, Or, Not. */
export type ChoiceRule = Readonly<Record<string, unknown>> & { readonly Next?: string };
export interface SucceedState extends Common {
  readonly Type: "Succeed";
}
export interface FailState {
  readonly Type: "Fail";
  readonly Comment?: string;
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}
export type WorkingState = TaskState | ParallelState | MapState;
export type State = WorkingState | PassState | WaitState | ChoiceState | SucceedState | FailState;

/**
 * Reads the definition of a declared machine, checked by AWS's rules (asl-validator).
 *
 * @param checked the file that records valid texts: the validator takes a quarter of a second, and always gives the
 * same result for the same text
 * @throws Error naming the machine, the state and the rule if the definition breaks one, or uses a part of the language
 * that the interpreter does not support: it refuses the machine instead of running it wrongly
 */
export async function readDefinition(text: string, machine: string, checked: string): Promise<Definition> {
  let parsed: Definition;
  try {
    parsed = JSON.parse(text) as Definition;
  } catch (error) {
    throw new Error(`The definition of state machine ${machine} is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const digest = createHash("sha256").update(text).digest("hex");
  const known = readKnown(checked);
  if (known.includes(digest)) return parsed;
  const { default: validate } = await import("asl-validator");
  // A copy, because the validator adds members of its own.
  const { isValid, errorsText } = validate(JSON.parse(text), { checkArn: false, checkPaths: true });
  if (!isValid) throw new Error(`The definition of state machine ${machine} is not valid:\n${errorsText("\n")}`);
  refuseUnknown(parsed, machine);
  writeFileSync(checked, JSON.stringify([...known, digest].slice(-maxKnown)));
  return parsed;
}

/** Number of remembered texts: those of a few programs. */
const maxKnown = 20;

function readKnown(file: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as readonly string[];
  } catch {
    // The first time, or an incomplete file: everything is checked anew.
    return [];
  }
}

function refuseUnknown(definition: Definition, machine: string): void {
  const refuse = (what: string, instead: string): never => {
    throw new Error(`State machine ${machine} ${what}, which the local mode does not know. ${instead}`);
  };
  if (definition.QueryLanguage === "JSONata") refuse("is written in JSONata", "Write it with JSONPath.");
  for (const [name, state] of Object.entries(definition.States)) {
    const members = state as unknown as Record<string, unknown>;
    if (members["QueryLanguage"] === "JSONata") refuse(`has the state ${name} in JSONata`, "Write it with JSONPath.");
    for (const member of ["Assign", "ItemReader", "ItemBatcher", "ResultWriter", "Credentials"]) {
      if (member in members) refuse(`uses ${member} in the state ${name}`, "Leave it out.");
    }
    if (state.Type === "Parallel") for (const branch of state.Branches) refuseUnknown(branch, machine);
    if (state.Type === "Map") {
      const processor = state.ItemProcessor ?? state.Iterator;
      const { ProcessorConfig: config } = (processor ?? {}) as { ProcessorConfig?: { Mode?: string } };
      if (config?.Mode === "DISTRIBUTED") refuse(`has the distributed Map ${name}`, "Use an inline Map.");
      if (processor) refuseUnknown(processor, machine);
    }
  }
}
