import { expect } from "chai";
import { steps } from "../../handlers/functions";
import { matchesWildcards } from "../../packages/local-cloud/iam";
import { brokenIn, count, runAll, seed } from "./lanes";
import type { ChaosResult } from "./runner";
import { faultKinds, functionPattern, scenarioOf } from "./scenario";
import { aspectsOf, select } from "./selection";

/** chaos.long.test.ts runs all of them. */
const all = Array.from({ length: count }, (_, number) => scenarioOf(number, seed));
const chosen = select(all, 40);

describe("The scenarios that stand for all", () => {
  const aspects = new Set(chosen.flatMap((scenario) => [...aspectsOf(scenario)]));

  it("are 40, of which none is there twice", () => {
    expect(new Set(chosen.map(({ number }) => number)).size).to.equal(40);
  });

  it("have a fault at every step, at every call that a step makes, and of every kind", () => {
    for (const { name, calls } of steps) {
      expect(aspects).to.include(`step ${name}`);
      for (const [service, operation] of calls) {
        expect(aspects).to.include(`call ${name} ${service} ${operation}`);
      }
    }
    for (const kind of faultKinds) expect(aspects).to.include(`fault ${kind}`);
  });

  it("have everything else that any scenario has: ways of uploading, files, rivals, interruptions", () => {
    expect([...new Set(all.flatMap((scenario) => [...aspectsOf(scenario)]))].sort()).to.deep.equal([...aspects].sort());
    expect(aspects).to.include.members([
      "executions stopped from outside",
      "stores compared meanwhile",
      "file cut off",
    ]);
  });
});

describe("Whatever goes wrong, the promises hold", () => {
  let results: readonly ChaosResult[];
  before(async () => (results = await runAll(chosen)));

  it(`after each of ${chosen.length} scenarios that stand for ${count}`, () => {
    expect(results).to.have.length(chosen.length);
    expect(brokenIn(results)).to.equal("");
  });

  it("although something did go wrong at every step, in every way", () => {
    const injected = results.flatMap(({ faults }) => faults);
    for (const { name } of steps) {
      expect(
        injected.some(({ caller }) => matchesWildcards(caller, functionPattern(name))),
        name,
      ).to.equal(true);
    }
    expect(new Set(injected.map(({ kind }) => kind))).to.include.keys(
      ...new Set(all.flatMap(({ rules }) => rules.map(({ fault }) => fault.kind))),
    );
  });
});
