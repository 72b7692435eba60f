import { expect } from "chai";

import { readFaultScript } from "../../../../packages/local-cloud/faults";

const rule = (more: object) => ({ rules: [{ service: "s3", fault: { kind: "throttle" }, ...more }] });

describe("a fault script", () => {
  it("fills in what is not said", () => {
    const script = readFaultScript(
      '{"rules": [{"service": "events", "fault": {"kind": "duplicateEvent"}}, {"service": "s3", "fault": {"kind": "delay", "milliseconds": 5}}]}',
      "faults.json",
    );
    expect(script).to.deep.equal({
      seed: 1,
      rules: [
        {
          index: 0,
          service: "events",
          operation: "*",
          caller: "*",
          fault: { kind: "duplicateEvent", copies: 1, milliseconds: [0, 0] },
        },
        { index: 1, service: "s3", operation: "*", caller: "*", fault: { kind: "delay", milliseconds: [5, 5] } },
      ],
    });
  });

  const refused: [script: unknown, says: string][] = [
    ["{", "faults.json is no JSON"],
    [[], 'faults.json has to be an object: {"seed": 1, "rules": [...]}.'],
    [{ rule: [] }, 'faults.json has "rule", which has no meaning there. Known: seed, rules.'],
    [{ seed: 1.5, rules: [] }, "faults.json: seed is 1.5; it has to be a whole number."],
    [{ seed: 1 }, "faults.json: rules is undefined; it has to be a list of rules."],
    [{ rules: ["throttle"] }, 'faults.json, rule 1 is "throttle"; it has to be an object.'],
    [{ rules: [{ fault: { kind: "throttle" } }] }, "faults.json, rule 1 names no service."],
    [rule({ service: "" }), 'faults.json, rule 1: service is ""; it has to be one of dynamodb, events, lambda, rekog'],
    // Such a rule would never have an effect, and a run would seem to have survived it.
    [rule({ service: "Rekognition" }), 'faults.json, rule 1: service is "Rekognition"; it has to be one of dynamodb,'],
    [
      rule({ op: "GetObject" }),
      'faults.json, rule 1 has "op", which has no meaning there. Known: name, service, operation',
    ],
    [
      rule({ calls: [0] }),
      "faults.json, rule 1: calls is [0]; it has to be a list of whole numbers from 1, such as [1, 3].",
    ],
    [rule({ probability: 20 }), "faults.json, rule 1: probability is 20; it has to be a number from 0 to 1."],
    [rule({ perSecond: 0 }), "faults.json, rule 1: perSecond is 0; it has to be a number above 0."],
    [rule({ times: -1 }), "faults.json, rule 1: times is -1; it has to be a whole number from 1."],
    [rule({ fault: undefined }), "faults.json, rule 1: fault is undefined; it has to be an object"],
    [
      rule({ fault: { kind: "slow" } }),
      'fault kind "slow" is none of throttle, error, missingObject, delay, dropAnswer, killFunction',
    ],
    [
      rule({ fault: { kind: "error" } }),
      "rule 1, fault error: status is undefined; it has to be a status from 500 to 599.",
    ],
    [rule({ fault: { kind: "error", status: 404 } }), "status is 404; it has to be a status from 500 to 599."],
    [
      rule({ fault: { kind: "throttle", status: 500 } }),
      'rule 1, fault throttle has "status", which has no meaning there.',
    ],
    [rule({ fault: { kind: "killFunction", when: "during" } }), 'when is "during"; it has to be "before" or "after".'],
    [
      rule({ fault: { kind: "delay", milliseconds: [9, 1] } }),
      "milliseconds is [9,1]; it has to be milliseconds up to",
    ],
    [rule({ fault: { kind: "staleSearch" } }), "milliseconds is undefined"],
  ];
  for (const [script, says] of refused) {
    it(`is refused: ${says}`, () => {
      expect(() => readFaultScript(script, "faults.json")).to.throw(says);
    });
  }
});
