import { expect } from "chai";
import { runtimeNotice } from "../../../../../packages/local-cloud/services/lambda/node-version";

describe("The notice about this machine's Node.js", () => {
  const on = (version: string, ...runtimes: string[]) => {
    const resources = runtimes.map((runtime, i) => ({
      urn: String(i),
      type: "aws:lambda/function:Function",
      name: `f${i}`,
      id: "",
      custom: true,
      remote: false,
      inputs: { runtime },
      outputs: {},
      dependencies: [],
    }));
    const place = { project: "p", stack: "s", region: "r", accountId: "a", partition: "aws" };
    return runtimeNotice({ ...place, resources, stackOutputs: {} }, version);
  };

  it("is absent if every function is declared for it", () => {
    expect(on("24.9.0", "nodejs24.x", "nodejs24.x")).to.equal(undefined);
    expect(on("24.9.0")).to.equal(undefined);
    expect(on("24.9.0", "")).to.equal(undefined);
  });

  it("names the declared runtime, this one and the remedy", () => {
    expect(on("20.19.0", "nodejs24.x", "nodejs24.x")).to.equal(
      "The functions are declared for nodejs24.x and run on Node.js 20.19.0 here. Use Node.js 24 to run them as AWS does.",
    );
  });

  it("names each other runtime once", () => {
    expect(on("24.9.0", "nodejs22.x", "nodejs24.x", "nodejs20.x", "nodejs22.x")).to.include(
      "declared for nodejs20.x and nodejs22.x and run on",
    );
  });
});
