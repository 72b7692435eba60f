import aslValidator from "asl-validator";
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import flow from "../../handlers/flow.asl.json";
import { isRejection, reasonCodes } from "../../handlers/contract/reasons";
import { settleSeconds, steps } from "../../handlers/functions";
import {
  defineMachine,
  definitionWith,
  machine,
  type Machine,
  type Retrier,
  type State,
  type States,
} from "../../handlers/machine";

/** Every state by its name, including those of the branches. */
function allStates(states: States): [string, State][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.Branches ?? []).flatMap((branch) => allStates(branch.States)),
  ]);
}

const states = new Map(allStates(machine.States));
const tasks = [...states].filter(([, state]) => state.Type === "Task");
const handlers = join(__dirname, "../../../handlers");
const arnOf = (name: string) => `arn:aws:lambda:ap-southeast-1:000000000000:function:${name}`;

/** The longest time between a retrier's first and last attempt, in seconds. */
function longestSeconds({ IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts }: Retrier): number {
  const delays = Array.from({ length: MaxAttempts }, (_, n) => IntervalSeconds * BackoffRate ** n);
  return delays.reduce((sum, delay) => sum + Math.min(delay, MaxDelaySeconds), 0);
}

describe("The machine", () => {
  it("is a valid definition once the functions' ARNs are in, and so is its text", () => {
    const definition = definitionWith(Object.fromEntries(steps.map(({ name }) => [name, arnOf(name)])));
    expect(definition).to.not.include("${");
    const text = JSON.stringify(flow).replace(/\$\{(\w+)\}/g, (_, name: string) => arnOf(name));
    for (const valid of [definition, text]) {
      const { isValid, errorsText } = aslValidator(JSON.parse(valid) as Record<string, unknown>);
      expect(isValid, errorsText("\n")).to.equal(true);
    }
  });

  it("refuses to be made without the ARN of a step's function", () => {
    expect(() => definitionWith({})).to.throw("The machine is given no function for the step ReceivePhoto.");
  });

  it("has one task for every step, in the steps' order, each with its own function", () => {
    expect(tasks.map(([name]) => name)).to.deep.equal(steps.map(({ name }) => name));
    for (const [name, { Resource }] of tasks) expect(Resource).to.equal(`\${${name}}`);
  });

  it("refuses a text that names a step that is none, and one that leaves a step out", () => {
    const [first] = steps;
    const task: State = { Type: "Task", Resource: "${ReceivePhoto}", End: true };
    const text = (name: string): Machine => ({ ...machine, StartAt: name, States: { [name]: task } });
    expect(() => defineMachine(text("ReceivePhoto"), [])).to.throw("the state ReceivePhoto is not a step");
    expect(() => defineMachine(text("Receive"), steps)).to.throw("the state Receive is not a step");
    expect(() => defineMachine(text("ReceivePhoto"), steps)).to.throw("has no state for CheckFormat, DetectFace");
    expect(first && defineMachine(text("ReceivePhoto"), [first]).States).to.have.keys(["ReceivePhoto"]);
  });

  it("catches every error of every step, whatever its name, and keeps it under the step's", () => {
    const canFail = [...states].filter(([, { Type }]) => Type === "Task" || Type === "Parallel");
    expect(canFail.map(([name]) => name)).to.include.members([...steps.map(({ name }) => name), "Process"]);
    for (const [name, { Catch: caught = [] }] of canFail) {
      expect(
        caught.map(({ ErrorEquals }) => ErrorEquals),
        name,
      ).to.deep.equal([["States.ALL"]]);
      expect(caught.map(({ ResultPath }) => ResultPath)).to.deep.equal([`$.failed.${name}`]);
    }
  });

  it("leaves what its states have alike out of the text", () => {
    const own = allStates(flow.States);
    for (const [name, state] of own) {
      expect(state, name).not.to.have.any.keys("Retry", "TimeoutSeconds");
      for (const { Next } of state.Catch ?? []) expect(Next, name).not.to.equal("Undo");
    }
  });

  it("gives every function less time than its state, so that no function outlives it", () => {
    for (const { name, timeout } of steps) expect(states.get(name)?.TimeoutSeconds, name).to.be.greaterThan(timeout);
  });

  it("waits, before it closes what was interrupted, for longer than any function can still be at work", () => {
    expect(states.get("WaitForStragglers")?.Seconds).to.equal(settleSeconds);
    expect(settleSeconds).to.be.greaterThan(Math.max(...steps.map(({ timeout }) => timeout)));
  });

  it("retries every task alike", () => {
    const [first] = tasks;
    for (const [name, { Retry }] of tasks) expect(Retry, name).to.deep.equal(first?.[1].Retry);
    expect(JSON.stringify(first?.[1].Retry)).to.include('"Throttled"').and.include('"Unavailable"');
  });

  it("soon gives up what a permission is missing for, and tries a function that died again", () => {
    const retriers = tasks.flatMap(([, { Retry = [] }]) => Retry);
    const patienceFor = (error: string) =>
      new Set(retriers.filter(({ ErrorEquals }) => ErrorEquals.includes(error)).map(longestSeconds));
    // A role's new policy takes effect everywhere within seconds; a permission that is missing after that stays
    // missing.
    for (const seconds of patienceFor("Lambda.AWSLambdaException")) expect(seconds).to.be.within(10, 30);
    for (const died of ["Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout"]) {
      expect([...patienceFor(died)], died).to.deep.equal([366]);
    }
  });

  it("waits for a photo for as long as S3 may not show it in a new bucket: 15 minutes", () => {
    const retriers = tasks.flatMap(([, { Retry = [] }]) => Retry);
    const [patience] = retriers.filter(({ ErrorEquals }) => ErrorEquals.includes("NotYetThere"));
    // With full jitter, a delay is half of its maximum on average.
    expect(longestSeconds(patience!) / 2).to.be.within(18 * 60, 22 * 60);
  });

  it("never retries a judgement on the photo", () => {
    const retried = JSON.stringify(tasks.map(([, { Retry }]) => Retry));
    for (const code of reasonCodes) expect(retried).to.not.include(`"${code}"`);
  });

  it("leads every caught error to Undo or, inside a branch, to the branch's own end", () => {
    for (const [name, { Catch: caught = [] }] of states) {
      for (const { Next } of caught) {
        const allowed = { Undo: ["NotifyFailure"], NotifyFailure: ["Untold"] }[name] ?? [
          "Undo",
          "ThumbnailNotCreated",
          "FaceNotIndexed",
        ];
        expect(allowed, name).to.include(Next);
      }
    }
  });
});

describe("The steps' declared refusals", () => {
  /** The reasons that a source file throws, itself or through what it imports of its folder and of lib. */
  function thrownIn(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return new Set();
    seen.add(file);
    const source = readFileSync(file, "utf8");
    const found = new Set([...source.matchAll(/rejection\(\s*"([A-Z_]+)"/g)].map(([, code]) => code ?? ""));
    // refusalOf in IndexFace maps Rekognition's words to codes: pairs of strings.
    for (const [, code] of source.matchAll(/\["[A-Z_]+", "([A-Z_]+)"\]/g)) found.add(code ?? "");
    for (const [, path] of source.matchAll(/from "(\.[^"]+)"/g)) {
      const isType = new RegExp(`import type [^;]*from "${path?.replace(/[.\\/]/g, "\\$&")}"`).test(source);
      if (!isType) for (const code of thrownIn(join(file, "..", `${path}.ts`), seen)) found.add(code);
    }
    return found;
  }

  const folders = readdirSync(handlers, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name, refusals } of steps) {
    it(`of ${name} hold everything that its code can throw`, () => {
      const kebab = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      const folder = folders.find((entry) => entry.name.replace(/^\d[ab]?-/, "") === kebab);
      expect(folder, kebab).to.not.equal(undefined);
      const thrown = thrownIn(join(handlers, folder?.name ?? "", "handler.ts"));
      for (const code of thrown) expect(refusals, code).to.include(code);
      for (const code of refusals) expect(isRejection(code), code).to.equal(true);
    });
  }
});
