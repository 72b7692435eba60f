import { expect } from "chai";
import { readRules } from "../../../packages/local-cloud/services/events/graph";
import { readPattern } from "../../../packages/local-cloud/services/events/pattern";
import { programGraph } from "../../support/with-cloud";
import { eventJudgeClassPath, needs, run, source } from "../tools";
import { sampleCases, type Case } from "./patterns";

type Verdict = { readonly refused: string } | { readonly matches: readonly boolean[] };

function theirs(cases: readonly Case[]): readonly Verdict[] {
  const lines = cases.map(({ pattern, events }) =>
    JSON.stringify({ pattern: JSON.stringify(pattern), events: events.map((event) => JSON.stringify(event)) }),
  );
  const output = run("java", ["-cp", eventJudgeClassPath(), source("events/EventJudge.java")], lines.join("\n"));
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Verdict);
}

function ours({ pattern, events }: Case): Verdict {
  let matches;
  try {
    matches = readPattern(pattern, "pattern");
  } catch (error) {
    return { refused: (error as Error).message };
  }
  return { matches: events.map(matches) };
}

const isRefusal = (verdict: Verdict | undefined) => verdict !== undefined && "refused" in verdict;

/** The cases on which the two differ. */
function differences(cases: readonly Case[], judge: (one: Case) => Verdict = ours): readonly object[] {
  const verdicts = theirs(cases);
  expect(verdicts.length).to.equal(cases.length);
  return cases.flatMap((one, i) => {
    const [mine, other] = [judge(one), verdicts[i]];
    const isSame = isRefusal(mine) ? isRefusal(other) : JSON.stringify(mine) === JSON.stringify(other);
    return isSame ? [] : [{ ...one, ours: mine, theirs: other }];
  });
}

const seed = Number(process.env["JUDGES_SEED"] ?? 11);

describe("AWS's event matcher agrees with the local bus", () => {
  before(function () {
    needs(this, "java", "mvn");
  });

  it("on every declared rule, for events of the flow and for near misses", async () => {
    const graph = await programGraph();
    const rules = readRules(graph, () => undefined).flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern]));
    expect(rules.length).to.be.at.least(3);
    const { photoBucket, stateMachineArn } = graph.stackOutputs as Record<string, string>;
    const keys = ["uploads/SV001/a.jpg", "avatars/SV001/a/64.jpg", "uploads", ""];
    const photos = [photoBucket, "other"].flatMap((name) =>
      keys.flatMap((key) =>
        ["Object Created", "Object Deleted"].flatMap((type) =>
          ["aws.s3", "aws.ec2"].map((from) => ({
            source: from,
            "detail-type": type,
            detail: { bucket: { name }, object: { key, size: 1 }, reason: "PutObject" },
          })),
        ),
      ),
    );
    const ends = [stateMachineArn, "other"].flatMap((machine) =>
      ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"].map((status) => ({
        source: "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        detail: { stateMachineArn: machine, status, executionArn: `${String(machine)}:one` },
      })),
    );
    const cases = rules.map((pattern) => ({
      pattern: typeof pattern === "string" ? (JSON.parse(pattern) as unknown) : pattern,
      events: [...photos, ...ends],
    }));
    const taken = cases.flatMap((one) => {
      const verdict = ours(one);
      return "matches" in verdict ? verdict.matches : [];
    });
    expect(taken).to.include(true).and.include(false);
    expect(differences(cases)).to.deep.equal([]);
  });

  it("on thousands of patterns and events made by chance", () => {
    const cases = sampleCases(4000, seed);
    const verdicts = cases.map(ours);
    const matched = verdicts.filter((verdict) => "matches" in verdict && verdict.matches.includes(true)).length;
    const refused = verdicts.filter(isRefusal).length;
    expect(matched, "patterns that take some event").to.be.greaterThan(200);
    expect(refused, "patterns that are refused").to.be.greaterThan(100);
    const found = differences(cases);
    expect(found.slice(0, 5), `${found.length} of ${cases.length} differ, seed ${seed}`).to.deep.equal([]);
  });

  it("would notice a matcher that ignores the case of a prefix", () => {
    const careless = (one: Case): Verdict => {
      const lower = JSON.parse(JSON.stringify(one).replace(/"(?:[^"\\]|\\.)*"/g, (word) => word.toLowerCase())) as Case;
      return ours(lower);
    };
    expect(differences(sampleCases(300, seed), careless)).to.not.deep.equal([]);
  });
});
