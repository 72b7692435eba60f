import { expect } from "chai";
import { cases } from "./cases";
import { judge } from "./harness";

describe("The policy pack judges", () => {
  for (const { title, resources, expected, stack } of cases) {
    it(title, () => expect(judge(resources, stack)).to.deep.equal(expected));
  }
});
