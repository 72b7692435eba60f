import flow from "./flow.asl.json";
import { steps } from "./functions";
import type { Step } from "./runtime/define";
import { notYetThere, throttled, unavailable } from "./runtime/step";

/**
 * The machine: flow.asl.json, the path of a photo, with the parts that its states share. The text has no Retry, no
 * Catch that leads to Undo and no timeout of a step; this module adds them.
 */
export interface Machine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: States;
}

export type States = Readonly<Record<string, State>>;

/** A state, as far as the pipeline reads it; its other members in the text stay. */
export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly ResultPath?: string | null;
  readonly TimeoutSeconds?: number;
  readonly Seconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Choices?: readonly Choice[];
  readonly Default?: string;
  readonly Branches?: readonly { readonly StartAt: string; readonly States: States }[];
  readonly Next?: string;
  readonly End?: boolean;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly MaxAttempts: number;
  readonly JitterStrategy: "FULL";
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath: string;
  readonly Next: string;
}

export interface Choice {
  readonly Variable?: string;
  readonly StringEquals?: string;
  readonly IsPresent?: boolean;
  readonly Or?: readonly Omit<Choice, "Next">[];
  readonly Next: string;
}

/** A class that uploads together is throttled for minutes: see docs/performance.md, `npm run bench:registration-day`. */
const patience: Retrier = {
  ErrorEquals: [throttled, "Lambda.TooManyRequestsException"],
  IntervalSeconds: 2,
  BackoffRate: 1.5,
  MaxDelaySeconds: 120,
  MaxAttempts: 150,
  JitterStrategy: "FULL",
};

/** Errors that may pass in a moment: an outage of a service, or a function that died or did not respond. */
const anotherAttempt: Retrier = {
  ErrorEquals: [
    unavailable,
    "Lambda.ServiceException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Sandbox.Timedout",
    "States.Timeout",
  ],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  MaxAttempts: 8,
  JitterStrategy: "FULL",
};

/**
 * Errors of Lambda's API about the call itself, above all that the machine's role may not invoke the function. Such a
 * permission is missing for good, or it is new and takes seconds to propagate.
 */
const onceKnown: Retrier = {
  ErrorEquals: ["Lambda.AWSLambdaException"],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  MaxAttempts: 3,
  JitterStrategy: "FULL",
};

/**
 * A photo that S3 may not show yet: for up to 15 minutes after versioning was switched on. The delays add up to 20
 * minutes on average, and hardly ever to less than 15. The function itself ends the attempts: it uses the name only
 * while the photo is young.
 */
const onceVisible: Retrier = {
  ErrorEquals: [notYetThere],
  IntervalSeconds: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  MaxAttempts: 24,
  JitterStrategy: "FULL",
};

/** A state's timeout is longer than its function's, so that no function outlives its state. */
const marginSeconds = 30;

/**
 * Adds to a flow the parts that its states share: each Task gets its retriers and its function's timeout, and each Task
 * or Parallel without a Catch of its own catches all errors and leads to Undo. So no error that a step throws, a
 * refusal or any other, can end an execution without a notice.
 *
 * @throws Error if a Task belongs to no step, or a step has no Task
 */
export function defineMachine(text: Machine, functions: readonly Step[]): Machine {
  const missing = new Set(functions.map(({ name }) => name));
  const complete = (states: States): States =>
    Object.fromEntries(Object.entries(states).map(([name, state]) => [name, completeState(name, state)]));
  const completeState = (name: string, state: State): State => {
    const Catch = state.Catch ?? [{ ErrorEquals: ["States.ALL"], ResultPath: `$.failed.${name}`, Next: "Undo" }];
    switch (state.Type) {
      case "Task": {
        const step = functions.find((one) => state.Resource === `\${${one.name}}` && one.name === name);
        if (step === undefined) throw new Error(`flow.asl.json: the state ${name} is not a step in functions.ts.`);
        missing.delete(name);
        return {
          ...state,
          TimeoutSeconds: step.timeout + marginSeconds,
          Retry: [patience, anotherAttempt, onceKnown, onceVisible],
          Catch,
        };
      }
      case "Parallel": {
        const { Branches = [] } = state;
        return { ...state, Branches: Branches.map((one) => ({ ...one, States: complete(one.States) })), Catch };
      }
      default:
        return state;
    }
  };
  const machine = { ...text, States: complete(text.States) };
  if (missing.size > 0) throw new Error(`flow.asl.json has no state for ${[...missing].join(", ")} of functions.ts.`);
  return machine;
}

/** The machine of every pipeline; each step's function is `${StepName}` in it. */
export const machine = defineMachine(flow, steps);

/** The machine's definition, as JSON, with the functions' ARNs in it. */
export function definitionWith(arns: Readonly<Record<string, string>>): string {
  return JSON.stringify(machine).replace(/\$\{(\w+)\}/g, (_, step: string) => {
    const arn = arns[step];
    if (arn === undefined) throw new Error(`The machine is given no function for the step ${step}.`);
    return arn;
  });
}

/**
 * The steps of an accepted photo, in order: those whose state leads on to Accepted. The branches of a Parallel state
 * share a phase.
 */
export function stepPhases(): readonly (readonly string[])[] {
  const states = machine.States;
  const leadsToAccepted = (name: string, seen: ReadonlySet<string> = new Set()): boolean => {
    if (name === "Accepted") return true;
    const { Next, Default, Choices = [] } = states[name] ?? {};
    const nexts = [Next, Default, ...Choices.map((choice) => choice.Next)].filter((next) => next !== undefined);
    return nexts.some((next) => !seen.has(next) && leadsToAccepted(next, new Set([...seen, name])));
  };
  /** The machine's state that is the step, or has the step as a branch. */
  const stateOf = (step: string) =>
    Object.entries(states).find(([name, { Branches = [] }]) =>
      [name, ...Branches.flatMap((branch) => Object.keys(branch.States))].includes(step),
    )?.[0] ?? "";
  const names = steps.map(({ name }) => name);
  const inOrder = [...new Set(names.map(stateOf))].filter((state) => leadsToAccepted(state));
  return inOrder.map((state) => names.filter((name) => stateOf(name) === state));
}
