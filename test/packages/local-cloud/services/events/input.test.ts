import { expect } from "chai";

import { newEvent } from "../../../../../packages/local-cloud/services/events";
import { readTargetInput, type TargetInput } from "../../../../../packages/local-cloud/services/events/input";
import { identity } from "../../gateway/helpers";

const event = newEvent(identity, {
  source: "aws.states",
  detailType: "Step Functions Execution Status Change",
  detail: { status: "TIMED_OUT", name: 'say "hi"\n', count: 3, list: [{ "a.b": 1 }] },
  resources: ["arn:execution"],
  time: new Date("2026-11-23T01:02:03.456Z"),
});
const rule = { ruleName: "endings", ruleArn: "arn:rule/endings" };
const given = (target: TargetInput) => readTargetInput(target, rule, "Target notify")(event);

describe("a target's input", () => {
  it("is the whole event by default", () => {
    expect(JSON.parse(given({}))).to.deep.equal(event);
    expect(event.time).to.equal("2026-11-23T01:02:03Z");
  });

  it("is a constant or a part of the event", () => {
    expect(given({ input: '{"fix":true}' })).to.equal('{"fix":true}');
    expect(given({ inputPath: "$.detail.status" })).to.equal('"TIMED_OUT"');
    expect(given({ inputPath: "$.detail.list[0]['a.b']" })).to.equal("1");
    expect(given({ inputPath: "$.detail.none" })).to.equal("null");
    expect(given({ inputPath: "$" })).to.equal(JSON.stringify(event));
  });

  it("is a template filled in, which stays JSON whatever the values hold", () => {
    const inputTransformer = {
      inputPathsMap: { name: "$.detail.name", count: "$.detail.count", arn: "$.resources[0]", none: "$.detail.none" },
      inputTemplate:
        '{"name": <name>, "text": "<name> x <count><none>", "count": <count>, "arn": <arn>, "none": <none>, "rule": "<aws.events.rule-name>", "all": <aws.events.event.json>}',
    };
    expect(JSON.parse(given({ inputTransformer }))).to.deep.equal({
      name: 'say "hi"\n',
      text: 'say "hi"\n x 3',
      count: 3,
      arn: "arn:execution",
      none: null,
      rule: "endings",
      all: event,
    });
  });

  const refused: [target: TargetInput, says: string][] = [
    [{ input: "1", inputPath: "$" }, "Target notify has several of input, inputPath and inputTransformer"],
    [{ inputPath: "detail.status" }, 'Target notify: "detail.status" is no path'],
    [{ inputPath: "$..status" }, 'Target notify: "$..status" is no path'],
    [{ inputTransformer: { inputTemplate: "<status>" } }, "the template has <status>, but inputPathsMap does not"],
  ];
  for (const [target, says] of refused) {
    it(`is refused: ${says}`, () => {
      expect(() => given(target)).to.throw(says);
    });
  }
});
