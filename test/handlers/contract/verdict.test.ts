import { expect } from "chai";
import fc from "fast-check";
import { verdictOf } from "../../../handlers/contract/verdict";
import { caught } from "../../support/errors";

describe("The verdict", () => {
  it("lets a refusal in one branch decide over a fault in the other", () => {
    const verdict = verdictOf([caught("CreateThumbnail", "AccessDenied"), caught("IndexFace", "DUPLICATE_FACE")]);
    expect(verdict).to.include({ outcome: "rejected", step: "IndexFace", reason: "DUPLICATE_FACE" });
  });

  it("is a failure when Undo failed, whatever came before", () => {
    const verdict = verdictOf([{ ...caught("DetectFace", "NO_FACE"), ...caught("Undo", "AccessDenied") }]);
    expect(verdict).to.include({ outcome: "failed", step: "Undo", reason: "INTERNAL" });
  });

  it("reads any error and cause, and INTERNAL is never a refusal", () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (Error, Cause) => {
        const { outcome, reason } = verdictOf([{ Step: { Error, Cause } }]);
        expect(outcome === "rejected").to.equal(reason !== "INTERNAL");
      }),
    );
    expect(verdictOf([caught("X", "INTERNAL")]).outcome).to.equal("failed");
    expect(verdictOf([caught("X", "constructor")]).outcome).to.equal("failed");
    expect(verdictOf([]).outcome).to.equal("failed");
  });
});
