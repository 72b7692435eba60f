import aslValidator from "asl-validator";
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import flow from "../../handlers/flow.asl.json";
import { isRejection, reasonCodes } from "../../handlers/contract/reasons";
import { settleSeconds } from "../../handlers/operations";
import { steps } from "../../handlers/steps";

/** The machine as text: what must hold between its states and the steps' own declarations. */
interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly unknown[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly ResultPath: string;
    readonly Next: string;
  }[];
  readonly Branches?: readonly { readonly States: Readonly<Record<string, State>> }[];
}

function allStates(states: Readonly<Record<string, State>>): [string, State][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.Branches ?? []).flatMap((branch) => allStates(branch.States)),
  ]);
}

const states = new Map(allStates(flow.States as unknown as Record<string, State>));
const tasks = [...states].filter(([, state]) => state.Type === "Task");
const handlers = join(__dirname, "../../../handlers");

describe("The machine", () => {
  it("is a valid definition once the functions' ARNs are in", () => {
    const arn = (name: string) => `arn:aws:lambda:ap-southeast-1:000000000000:function:${name}`;
    const text = JSON.stringify(flow).replace(/\$\{(\w+)\}/g, (_, name: string) => arn(name));
    expect(text).to.not.include("${");
    const { isValid, errorsText } = aslValidator(JSON.parse(text));
    expect(isValid, errorsText("\n")).to.equal(true);
  });

  it("has one task for every step, in the steps' order, each with its own function", () => {
    expect(tasks.map(([name]) => name)).to.deep.equal(steps.map(({ name }) => name));
    for (const [name, { Resource }] of tasks) expect(Resource).to.equal(`\${${name}}`);
  });

  for (const { name, errors } of steps) {
    it(`catches by name exactly what ${name} refuses a photo for, and everything else as well`, () => {
      const caught = states.get(name)?.Catch ?? [];
      const named = caught.flatMap(({ ErrorEquals }) => ErrorEquals).filter((error) => error !== "States.ALL");
      expect([...named].sort()).to.deep.equal([...errors].sort());
      expect(caught.at(-1)?.ErrorEquals).to.deep.equal(["States.ALL"]);
      for (const { ResultPath } of caught) expect(ResultPath).to.equal(`$.failed.${name}`);
    });
  }

  it("gives every function less time than its state, so that no function outlives it", () => {
    for (const { name, timeout } of steps) expect(states.get(name)?.TimeoutSeconds, name).to.be.greaterThan(timeout);
  });

  it("waits, before it closes what was interrupted, for longer than any function can still be at work", () => {
    const wait = states.get("WaitForStragglers") as { Seconds?: number } | undefined;
    expect(wait?.Seconds).to.equal(settleSeconds);
    expect(settleSeconds).to.be.greaterThan(Math.max(...steps.map(({ timeout }) => timeout)));
  });

  it("retries every task alike", () => {
    const [first] = tasks;
    for (const [name, { Retry }] of tasks) expect(Retry, name).to.deep.equal(first?.[1].Retry);
    expect(JSON.stringify(first?.[1].Retry)).to.include('"Throttled"').and.include('"Unavailable"');
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

describe("The steps' declared errors", () => {
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
  for (const { name, errors } of steps) {
    it(`of ${name} hold everything that its code can throw`, () => {
      const kebab = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      const folder = folders.find((entry) => entry.name.replace(/^\d[ab]?-/, "") === kebab);
      expect(folder, kebab).to.not.equal(undefined);
      const thrown = thrownIn(join(handlers, folder?.name ?? "", "handler.ts"));
      for (const code of thrown) expect(errors, code).to.include(code);
      for (const code of errors) expect(isRejection(code), code).to.equal(true);
    });
  }
});
