import { expect } from "chai";
import type { ReconcileReport } from "../../../../handlers/reconcile/findings";
import { textOf } from "../../../../packages/cli/commands/reconcile";

const report: ReconcileReport = {
  at: "2026-03-01T18:00:00.000Z",
  fix: true,
  compared: { avatars: 2, uploads: 3, faces: 2, thumbnails: 6, originals: 0 },
  findings: [],
};

describe("The report of a reconciliation", () => {
  it("says what was compared, and that nothing differs", () => {
    expect(textOf(report)).to.equal(
      "Compared 2 avatars, 2 faces, 6 thumbnails, 0 originals and 3 uploads.\nNothing differs.\n",
    );
  });

  it("says how many faces were searched for, and how many are left for the next run", () => {
    expect(textOf({ ...report, searched: { done: 2, left: 0 } })).to.include("\nSearched for 2 faces.\nNothing");
    expect(textOf({ ...report, searched: { done: 2000, left: 500 } })).to.include(
      "\nSearched for 2000 faces; there was no time for 500 more, the next run begins with them.\n",
    );
    expect(textOf({ ...report, fix: false, searched: { done: 1, left: 1 } })).to.include("with --fix the next run");
  });

  it("tells each finding, whose it is, what became of it and what its kind means", () => {
    const kind = "faces-match" as const;
    const text = textOf({
      ...report,
      findings: [
        { kind, studentId: "SV2", uploadId: "U2", subject: "SV1", fixed: false },
        { kind: "face-left-over", subject: "face-1", fixed: false, problem: "AccessDenied: no right to" },
        { kind: "upload-interrupted", subject: "execution-1", fixed: true },
      ],
    });
    expect(text).to.include("  faces-match (SV2 U2): SV1: left\n");
    expect(text).to.include("  face-left-over: face-1: not fixed: AccessDenied: no right to\n");
    expect(text).to.include("  upload-interrupted: execution-1: fixed\n");
    expect(text).to.include("\nfaces-match: Two students' faces match");
    expect(text).to.match(/\n3 found, 1 fixed\.\n$/);
  });

  it("advises --fix for what that fixes, and not where a person must decide", () => {
    const match = { kind: "faces-match", studentId: "SV2", subject: "SV1", fixed: false } as const;
    const face = { kind: "face-left-over", subject: "face-1", fixed: false } as const;
    const last = (...findings: ReconcileReport["findings"]) =>
      textOf({ ...report, fix: false, findings })
        .trimEnd()
        .split("\n")
        .at(-1);
    expect(last(match)).to.equal("1 found, 0 fixed.");
    expect(last(face, face)).to.equal("2 found, 0 fixed; --fix fixes them.");
    expect(last(match, face)).to.equal("2 found, 0 fixed; --fix fixes 1 of them, a person must decide the rest.");
  });
});
