import { expect } from "chai";
import { executionPath, Visit } from "./visit";

describe("The console in a browser", () => {
  const visit = Visit.of();

  it("shows a run as it happens, from state to state to its end, without loading the page again", async () => {
    const release = visit.fixture.hold("DetectFace");
    const arn = await visit.fixture.upload("sv0007");
    await visit.open(executionPath(arn));
    await visit.page.locator(".state.running", { hasText: "DetectFace" }).waitFor();
    await visit.page.locator(".step.running h3", { hasText: "DetectFace" }).waitFor();
    expect(await visit.page.title()).to.match(/^Running: sv0007/);
    await visit.page.evaluate("globalThis.isSamePage = true");
    release();
    await visit.page.locator(".outcome", { hasText: "Accepted" }).waitFor();
    await visit.page.locator(".state.succeeded.succeed", { hasText: "Accepted" }).waitFor();
    expect(await visit.page.title()).to.match(/^Accepted: sv0007/);
    expect(await visit.page.evaluate("globalThis.isSamePage")).to.equal(true);
    expect(await visit.page.locator(".step").count()).to.equal(14);
    expect(await visit.page.locator("[data-since]").count()).to.equal(0);
    expect(visit.troubles).to.deep.equal([]);
  });
});
