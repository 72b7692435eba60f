import fc from "fast-check";
import { steps } from "../../handlers/functions";

/**
 * Scenarios of the chaos runs: the uploads, their times, and the faults meanwhile. A scenario depends only on its
 * number and the run's seed, so that one that breaks a promise can be repeated by itself.
 */
export interface Scenario {
  readonly number: number;
  /** A description of the scenario for people. */
  readonly title: string;
  readonly uploads: readonly PlannedUpload[];
  readonly faults: readonly PlannedFault[];
  /** The rules for the fault injector; see packages/local-cloud/faults. */
  readonly rules: readonly Rule[];
  /** Milliseconds after which every running execution is stopped from outside; absent in most. */
  readonly stopAfter?: number | undefined;
  /** Milliseconds after which the stores are compared and fixed, as every night; absent in most. */
  readonly reconcileAfter?: number | undefined;
}

export interface PlannedUpload {
  readonly student: string;
  /** The persons on the photo; two make it a photo of several faces, none a photo without a face. */
  readonly persons: readonly string[];
  readonly file: "jpeg" | "png" | "cut off" | "text";
  /**
   * A plain copy; or an upload under a key that the server issued, stored once, or twice if the form was sent twice.
   */
  readonly way: "copy" | "issued" | "issued twice";
  /** Milliseconds after the one before. */
  readonly pause: number;
}

export interface Rule {
  readonly service: string;
  readonly operation?: string;
  readonly caller?: string;
  readonly calls?: readonly number[];
  readonly probability?: number;
  readonly times?: number;
  readonly fault: Readonly<Record<string, unknown>> & { readonly kind: string };
}

/** The pattern of a step's function by its name in the stack. */
export function functionPattern(step: string): string {
  return `*${step.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}*`;
}

/** More calls than the machine's retries times the SDK's own: an outage that outlasts every retry. */
const outage = 60;

/** The faults at a step's call: the description, and the rule that injects it. */
const callFaults = {
  throttled: ["is throttled three times", { times: 3, fault: { kind: "throttle" } }],
  unavailable: ["answers 503 once", { times: 1, fault: { kind: "error", status: 503 } }],
  "answer lost": ["takes effect, and its answer is lost", { calls: [1], fault: { kind: "dropAnswer" } }],
  "dies before a call": [
    "is called, and the function dies before it",
    { calls: [1], fault: { kind: "killFunction", when: "before" } },
  ],
  "dies after a call": [
    "is called, and the function dies after it",
    { calls: [1], fault: { kind: "killFunction", when: "after" } },
  ],
  down: ["is down for longer than anybody waits", { times: outage, fault: { kind: "error", status: 500 } }],
} as const satisfies Record<string, readonly [title: string, rule: Omit<Rule, "service">]>;

/** The faults of the event that starts a flow. */
const eventFaults = {
  repeated: ["every event comes three times", { fault: { kind: "duplicateEvent", copies: 2, milliseconds: [0, 400] } }],
  overtaken: [
    "events overtake each other",
    { probability: 0.5, fault: { kind: "reorderEvents", milliseconds: [50, 400] } },
  ],
} as const satisfies Record<string, readonly [title: string, rule: Omit<Rule, "service">]>;

type CallFault = keyof typeof callFaults;
type EventFault = keyof typeof eventFaults;
export type FaultKind = CallFault | EventFault | "dies before its work" | "dies after its work";

export const faultKinds: readonly FaultKind[] = [
  ...(Object.keys(callFaults) as CallFault[]),
  "dies before its work",
  "dies after its work",
  ...(Object.keys(eventFaults) as EventFault[]),
];

/** A fault of a scenario: its step, its kind, and the step's call, if it hits a call. */
export interface PlannedFault {
  readonly step: string;
  readonly kind: FaultKind;
  readonly call?: string;
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** Each fault at each call of each step, then the death of each function before and after its work. */
function everyFault(): readonly PlannedFault[] {
  const atCalls = steps.flatMap(({ name: step, calls }) =>
    calls.flatMap(([service, operation]) =>
      (Object.keys(callFaults) as CallFault[])
        // Undo and NotifyFailure come last: an outage there raises the operator's alarm and is not a scenario.
        .filter((kind) => kind !== "down" || (step !== "Undo" && step !== "NotifyFailure"))
        .map((kind): PlannedFault => {
          const [title, rule] = callFaults[kind];
          return {
            step,
            kind,
            call: `${service} ${operation}`,
            title: `${step}: ${operation} ${title}`,
            rules: [{ service, operation, caller: functionPattern(step), ...rule }],
          };
        }),
    ),
  );
  const deaths = steps.flatMap(({ name: step }) =>
    (["before", "after"] as const).map((when): PlannedFault => {
      const fault = { kind: "killFunction", when };
      const rule = { service: "lambda", operation: "Invoke", caller: functionPattern(step), calls: [1], fault };
      return {
        step,
        kind: `dies ${when} its work`,
        title: `${step}: its function dies ${when} its work`,
        rules: [rule],
      };
    }),
  );
  const events = (Object.keys(eventFaults) as EventFault[]).map((kind): PlannedFault => {
    const [title, rule] = eventFaults[kind];
    return { step: "ReceivePhoto", kind, title, rules: [{ service: "events", operation: "Deliver", ...rule }] };
  });
  return [...atCalls, ...deaths, ...events];
}

export const systematic = everyFault();

/** The uploads that lead a photo through the step with the fault. */
function uploadsFor(step: string, number: number): readonly PlannedUpload[] {
  const good = (student: string, person: string, pause = 0): PlannedUpload => ({
    student,
    persons: [person],
    file: number % 2 === 0 ? "jpeg" : "png",
    way: number % 3 === 0 ? "copy" : "issued",
    pause,
  });
  // An earlier avatar, so that its survival or removal is checked.
  const replacement = [good("S1", "ann"), good("S1", "ann", 1500)];
  switch (step) {
    case "ReceivePhoto":
      return [
        { ...good("S1", "ann"), way: "issued" },
        { ...good("S2", "bea"), way: "copy" },
        { ...good("S3", "cat"), way: "issued twice" },
      ];
    case "Undo":
    case "NotifyFailure":
      // One upload that is refused before anything was stored, and one whose face was indexed: a rival.
      return [good("S1", "ann"), good("S2", "ann"), { ...good("S3", "bea"), persons: [] }];
    case "IndexFace":
    case "CheckDuplicate":
      return [good("S1", "ann"), good("S2", "ann")];
    case "DeleteOriginal":
    case "SaveMetadata":
    case "CreateThumbnail":
      return replacement;
    default:
      return [good("S1", "ann"), good("S2", "bea")];
  }
}

/** The scenario of a number: the systematic ones first, then mixtures drawn from the seed. */
export function scenarioOf(number: number, seed: number): Scenario {
  const planned = systematic[number];
  if (planned !== undefined) {
    const { title, step, rules } = planned;
    return { number, title, uploads: uploadsFor(step, number), faults: [planned], rules };
  }
  const [drawn] = fc.sample(mixtures, { seed: seed * 100_003 + number, numRuns: 1 });
  if (drawn === undefined) throw new Error("fast-check drew nothing.");
  const { uploads, faults, stopAfter, reconcileAfter } = drawn;
  const title = [
    `${uploads.length} uploads of ${new Set(uploads.map(({ student }) => student)).size} students`,
    ...faults.map((fault) => fault.title),
    ...(stopAfter === undefined ? [] : [`all stopped after ${stopAfter} ms`]),
    ...(reconcileAfter === undefined ? [] : [`compared and fixed after ${reconcileAfter} ms`]),
  ].join("; ");
  return {
    number,
    title,
    uploads,
    faults,
    rules: faults.flatMap((fault) => fault.rules),
    stopAfter,
    reconcileAfter,
  };
}

/** Few students and fewer persons, so that they conflict. */
const upload: fc.Arbitrary<PlannedUpload> = fc.record({
  student: fc.constantFrom("S1", "S2", "S3"),
  persons: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(["ann"], ["bea"]) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(["ann", "bea"]) },
  ),
  file: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom("jpeg" as const, "png" as const) },
    { weight: 1, arbitrary: fc.constantFrom("cut off" as const, "text" as const) },
  ),
  way: fc.constantFrom("copy" as const, "issued" as const, "issued" as const, "issued twice" as const),
  pause: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 600 }) }),
});

const mixtures = fc.record({
  uploads: fc.array(upload, { minLength: 2, maxLength: 5 }),
  faults: fc.array(fc.constantFrom(...systematic), { minLength: 0, maxLength: 3 }),
  stopAfter: fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 20, max: 800 }) },
  ),
  reconcileAfter: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 1500 }) },
  ),
});
