import { expect } from "chai";
import { fork } from "node:child_process";
import { join } from "node:path";
import { planOf, type CrowdReport } from "./crowd";

/** The number of simultaneous uploads; `CROWD=100` for a quick run. */
const crowd = Number(process.env["CROWD"] ?? 1000);
/** Twice the measured value (343 MB): a crowd ten times as large would exceed it if each upload were held in memory. */
const mostMegabytes = 768;

describe("A crowd that uploads at once, with Rekognition throttled", () => {
  let report: CrowdReport;

  before(async () => {
    report = await new Promise((resolve, reject) => {
      const child = fork(join(__dirname, "crowd.js"), [String(crowd)], { execArgv: ["--enable-source-maps"] });
      child.once("message", (message) => resolve(message as CrowdReport));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`The crowd's process ended with ${code} and no report.`)));
    });
    const counts: Record<string, number> = {};
    for (const ending of Object.values(report.endings)) counts[ending] = (counts[ending] ?? 0) + 1;
    console.log(
      `      ${crowd} uploads stored in ${report.stored.toFixed(1)} s, ended in ${report.ended.toFixed(1)} s; ` +
        `${report.throttled} Rekognition calls throttled, ${report.beyondRate} of them beyond the rate; ` +
        `${Object.entries(counts)
          .map(([ending, count]) => `${count} ${ending}`)
          .join(", ")}; ` +
        `at most ${report.serviceMB.toFixed(0)} MB in the service's process, ${report.functionsMB.toFixed(0)} MB in the functions'`,
    );
  });

  it(`has each of ${crowd} photos end, none lost and none told twice`, () => {
    expect(report.broken).to.deep.equal([]);
    expect(report.rows).to.equal(crowd);
    expect(report.originals).to.equal(0);
    expect(report.throttled).to.be.greaterThan(0);
  });

  it("has each end as it should, and one of every two who share a face", () => {
    const plans = Array.from({ length: crowd }, (_, index) => planOf(index));
    const { endings } = report;
    const wrong = plans.filter(({ student, expected }) => expected !== "one of two" && endings[student] !== expected);
    expect(wrong.map((plan) => ({ ...plan, ending: endings[plan.student] }))).to.deep.equal([]);
    for (const { student, persons, expected } of plans) {
      if (expected !== "one of two") continue;
      const both = plans.filter((plan) => plan.persons[0] === persons[0]).map((plan) => endings[plan.student]);
      expect(both.sort(), student).to.deep.equal(["DUPLICATE_FACE", "accepted"]);
    }
  });

  it("takes bounded memory", () => {
    expect(report.serviceMB).to.be.within(1, mostMegabytes);
  });
});
