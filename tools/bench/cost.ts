import { readFileSync } from "node:fs";
import { steps } from "../../handlers/functions";
import { machine, type State, type States } from "../../handlers/machine";
import type { ServiceCall } from "../../handlers/runtime/define";
import { prices } from "./prices";

/**
 * Calculates the cost of photos from the machine's own definition: the states on each path through it, the memory,
 * measured time and calls of each function, and the price table.
 *
 *   npm run bench:cost [-- --json] [-- --durations FILE]
 *
 * Durations are those of warm functions in milliseconds, billed; FILE is the JSON of `npm run bench:pipeline --
 * --json`. On AWS a Rekognition call takes several times as long as the rest of a step: `assumed` below.
 */
/** The calls of a step, by its name. */
const callsOf = (name: string): readonly ServiceCall[] => steps.find((step) => step.name === name)?.calls ?? [];

/** Milliseconds billed without a measurement: Rekognition answers in about 500 ms, DynamoDB, S3 and SNS in 10. */
const assumed = (step: string) =>
  callsOf(step).reduce((sum, [service]) => sum + (service === "rekognition" ? 500 : 10), 5);

/**
 * The states that a photo passes, in order.
 *
 * @param failing the step that refuses it; undefined for one that is accepted
 */
export function wayOf(failing: string | undefined): string[] {
  const way: string[] = [];
  const walk = (name: string, states: States): boolean => {
    let at: string | undefined = name;
    let hasFailed = false;
    while (at !== undefined) {
      way.push(at);
      const state: State | undefined = states[at];
      if (state === undefined) throw new Error(`The machine has no state ${at}.`);
      for (const branch of state.Branches ?? []) hasFailed = walk(branch.StartAt, branch.States) || hasFailed;
      if (at === failing) {
        hasFailed = true;
        at = state.Catch?.[0]?.Next;
      } else if (state.Type === "Choice") {
        const label = at === "IsClaimed" ? "claimed" : at === "Outcome" ? "rejected" : undefined;
        const chosen = state.Choices?.find(({ StringEquals }) => StringEquals === label);
        // IsProcessed: its only choice is for a failed branch.
        at = label === undefined ? (hasFailed ? state.Choices?.[0]?.Next : state.Default) : chosen?.Next;
      } else at = state.Next;
    }
    return hasFailed;
  };
  walk(machine.StartAt, machine.States);
  return way;
}

interface Cost {
  readonly ending: string;
  readonly transitions: number;
  readonly rekognitionCalls: number;
  /** Dollars for one thousand photos. */
  readonly stepFunctions: number;
  readonly lambda: number;
  readonly rekognition: number;
  readonly other: number;
  readonly total: number;
}

/** The cost of an outcome, by the states on its path. */
export function costOf(ending: string, failing: string | undefined, durations: Readonly<Record<string, number>>): Cost {
  const way = wayOf(failing);
  let [lambda, rekognition, other, rekognitionCalls] = [0, 0, 0, 0];
  for (const name of way) {
    const step = steps.find((each) => each.name === name);
    if (step === undefined) continue;
    const seconds = (durations[name] ?? assumed(name)) / 1000;
    lambda += prices.invocation + seconds * (step.memorySize / 1024) * prices.gbSecond;
    // A function's START, END and REPORT lines and its own, about 600 bytes.
    other += (600 / 1e9) * prices.logGb;
    for (const [service, operation] of name === "Undo" ? refusalCalls : callsOf(name)) {
      if (service === "rekognition" && !isFreeCall(operation)) {
        rekognitionCalls += 1;
        rekognition += prices.rekognitionCall;
      }
      if (service === "dynamodb") other += operation === "GetItem" ? prices.dynamodbRead : prices.dynamodbWrite;
      // Three thumbnails.
      if (operation === "PutObject") other += 3 * prices.s3Put;
      if (operation.startsWith("List")) other += prices.s3Put;
      if (operation === "GetObject" || operation === "HeadObject") other += prices.s3Get;
      if (service === "sns") other += prices.snsEmail;
    }
  }
  // The page: the form, the upload itself and about ten status requests, with their functions.
  other +=
    prices.s3Put + 11 * (prices.httpRequest + prices.invocation) + prices.dynamodbWrite + 10 * prices.dynamodbRead;
  // The start state counts as the transition into it.
  const transitions = way.length;
  const stepFunctions = transitions * prices.transition;
  const thousand = (value: number) => value * 1000;
  return {
    ending,
    transitions,
    rekognitionCalls,
    stepFunctions: thousand(stepFunctions),
    lambda: thousand(lambda),
    rekognition: thousand(rekognition),
    other: thousand(other),
    total: thousand(stepFunctions + lambda + rekognition + other),
  };
}

/** The nightly cost of an accepted photo: one search for its face, recorded in its row, by a function of 1 GB. */
function costOfNight(): Cost {
  const lambda = 1000 * ((assumed("CheckDuplicate") / 1000) * prices.gbSecond);
  const rekognition = 1000 * prices.rekognitionCall;
  const other = 1000 * (prices.dynamodbRead + prices.dynamodbWrite);
  return {
    ending: "the night after, for an accepted one",
    transitions: 0,
    rekognitionCalls: 1,
    stepFunctions: 0,
    lambda,
    rekognition,
    other,
    total: lambda + rekognition + other,
  };
}

/** Undo's calls for a photo that was refused before its face was indexed. */
const refusalCalls: readonly ServiceCall[] = [
  ["dynamodb", "GetItem"],
  ["dynamodb", "UpdateItem"],
  ["s3", "ListObjectVersions"],
  ["s3", "DeleteObject"],
];

/** AWS does not charge for deleting and listing faces. */
function isFreeCall(operation: string): boolean {
  return operation === "DeleteFaces" || operation === "ListFaces";
}

function main(): void {
  const at = process.argv.indexOf("--durations");
  const file = at < 0 ? undefined : process.argv[at + 1];
  const durations =
    file === undefined
      ? {}
      : (JSON.parse(readFileSync(file, "utf8")) as { stepMilliseconds: Record<string, number> }).stepMilliseconds;
  const costs = [
    costOf("accepted", undefined, durations),
    costOfNight(),
    ...["CheckFormat", "DetectFace", "CheckDuplicate", "IndexFace"].map((step) =>
      costOf(`rejected by ${step}`, step, durations),
    ),
  ];
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ durations: file === undefined ? "assumed" : "measured", costs }));
    return;
  }
  console.log(`US dollars for 1,000 photos; durations ${file === undefined ? "assumed" : "measured"}`);
  console.table(
    Object.fromEntries(
      costs.map(({ ending, ...rest }) => [
        ending,
        Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Math.round(value * 10_000) / 10_000])),
      ]),
    ),
  );
}

if (require.main === module) main();
