import { expect } from "chai";
import { brokenIn, count, runAll, seed } from "./lanes";
import { scenarioOf, systematic } from "./scenario";

describe("Whatever goes wrong, the promises hold", function () {
  this.timeout(60 * 60_000);

  it(`after each of ${count} scenarios: every fault at every call of every step, and mixtures of them`, async () => {
    expect(count).to.be.greaterThan(systematic.length);
    const results = await runAll(Array.from({ length: count }, (_, number) => scenarioOf(number, seed)));
    expect(results).to.have.length(count);
    expect(brokenIn(results)).to.equal("");
  });
});
