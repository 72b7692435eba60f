import { expect } from "chai";
import fc from "fast-check";

import { createFaultInjector, type Call, type Injection } from "../../../../packages/local-cloud/faults";

const call = (more: Partial<Call> = {}): Call => ({
  service: "rekognition",
  operation: "IndexFaces",
  caller: "arn:aws:sts::0:assumed-role/index-face/index-face",
  ...more,
});
const throttle = { kind: "throttle" };

/** An injector with these rules, and a clock that the test moves. */
function injector(rules: object[], seed = 1) {
  const clock = { now: 0 };
  const faults = createFaultInjector({ now: () => clock.now });
  faults.use({ seed, rules });
  return { faults, clock };
}
const codes = (faults: ReturnType<typeof createFaultInjector>, calls: Call[]) =>
  calls.map((one) => faults.decide(one).refusal?.code);
const none: Injection = { delayMilliseconds: 0, dropAnswer: false, dropEvent: false, duplicatesAfter: [] };

describe("the fault injector", () => {
  it("does nothing without rules", () => {
    const faults = createFaultInjector();
    expect(faults.active).to.equal(false);
    expect(faults.decide(call())).to.deep.equal(none);
    expect(faults.staleness(call())).to.equal(0);
  });

  it("takes the calls of the service, operation and caller that a rule names", () => {
    const { faults } = injector([
      { service: "rek*", operation: "Index?aces", caller: "*/index-face/*", fault: throttle },
    ]);
    const calls = [call(), call({ operation: "DetectFaces" }), call({ service: "s3" }), call({ caller: "arn:other" })];
    expect(codes(faults, calls)).to.deep.equal([
      "ProvisionedThroughputExceededException",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("takes the nth calls, and at most so many", () => {
    const nth = injector([{ service: "*", calls: [2, 4], fault: throttle }]).faults;
    expect(codes(nth, Array.from({ length: 5 }, call)).map(Boolean)).to.deep.equal([false, true, false, true, false]);
    const capped = injector([{ service: "*", times: 2, fault: throttle }]).faults;
    expect(codes(capped, Array.from({ length: 4 }, call)).map(Boolean)).to.deep.equal([true, true, false, false]);
  });

  it("takes what goes beyond a rate", () => {
    const { faults, clock } = injector([{ service: "rekognition", perSecond: 2, fault: throttle }]);
    const throttledAt = (now: number) => {
      clock.now = now;
      return faults.decide(call()).refusal !== undefined;
    };
    expect([0, 100, 200, 900, 1000, 1050, 1100, 2500].map(throttledAt)).to.deep.equal([
      false,
      false,
      true,
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  it("draws the same from the same seed, whatever other calls come in between", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.boolean(), { maxLength: 40 }), (seed, between) => {
        const rules = [
          { service: "s3", probability: 0.5, fault: { kind: "error", status: 500 } },
          { service: "rekognition", probability: 0.5, fault: { kind: "delay", milliseconds: [1, 1000] } },
        ];
        const [one, two] = [injector(rules, seed).faults, injector(rules, seed).faults];
        for (const more of between) {
          if (more) two.decide(call({ service: "s3" }));
          expect(two.decide(call())).to.deep.equal(one.decide(call()));
        }
      }),
    );
  });

  it("injects about the share that it is told", () => {
    const { faults } = injector([{ service: "*", probability: 0.2, fault: throttle }]);
    const injected = codes(faults, Array.from({ length: 2000 }, call)).filter(Boolean).length;
    expect(injected).to.be.within(320, 480);
  });

  it("adds up delays, and lets the first rule that refuses, drops or kills count", () => {
    const { faults } = injector([
      { service: "*", fault: { kind: "delay", milliseconds: 5 } },
      { service: "*", fault: { kind: "delay", milliseconds: 7 } },
      { service: "*", calls: [1], fault: { kind: "dropAnswer" } },
      { service: "*", fault: { kind: "killFunction", when: "before" } },
    ]);
    expect(faults.decide(call())).to.deep.equal({ ...none, delayMilliseconds: 12, dropAnswer: true });
    expect(faults.decide(call())).to.deep.equal({ ...none, delayMilliseconds: 12, kill: "before" });
  });

  it("has each service throttle and fail under its own names", () => {
    const names = (fault: object) => {
      const { faults } = injector([{ service: "*", fault }]);
      return ["dynamodb", "rekognition", "s3", "sns", "sqs", "ses", "lambda", "states"].map((service) => {
        const { code, status } = faults.decide(call({ service })).refusal ?? {};
        return `${service} ${code} ${status}`;
      });
    };
    expect(names(throttle)).to.deep.equal([
      "dynamodb ProvisionedThroughputExceededException 400",
      "rekognition ProvisionedThroughputExceededException 400",
      "s3 SlowDown 503",
      "sns Throttled 429",
      "sqs RequestThrottled 403",
      "ses TooManyRequestsException 429",
      "lambda TooManyRequestsException 429",
      "states ThrottlingException 400",
    ]);
    expect(names({ kind: "error", status: 500 }).slice(0, 3)).to.deep.equal([
      "dynamodb InternalServerError 500",
      "rekognition InternalServerError 500",
      "s3 InternalError 500",
    ]);
    expect(names({ kind: "error", status: 503, code: "Mine" })[0]).to.equal("dynamodb Mine 503");
  });

  it("hides an object under the name that the reading service has for it", () => {
    const hidden = (service: string, code?: string) => {
      const { faults } = injector([{ service, fault: { kind: "missingObject", ...(code !== undefined && { code }) } }]);
      const { refusal } = faults.decide(call({ service }));
      return `${refusal?.code} ${refusal?.status}`;
    };
    expect(hidden("s3")).to.equal("NoSuchKey 404");
    expect(hidden("s3", "AccessDenied"), "for callers who may not list the bucket").to.equal("AccessDenied 403");
    expect(hidden("rekognition")).to.equal("InvalidS3ObjectException 400");
  });

  it("tells how stale a search is, to who asks, and to nobody else", () => {
    const rules = [
      { service: "rekognition", operation: "Search*", calls: [1], fault: { kind: "staleSearch", milliseconds: 500 } },
    ];
    const { faults } = injector(rules);
    const search = call({ operation: "SearchFaces" });
    expect(faults.decide(search)).to.deep.equal(none);
    expect([faults.staleness(search), faults.staleness(search)]).to.deep.equal([500, 0]);
  });

  it("kills by whoever registered for it", () => {
    const { faults } = injector([]);
    const killed: (string | undefined)[] = [];
    faults.onKill(({ accessKeyId }) => killed.push(accessKeyId));
    faults.kill(call({ accessKeyId: "ASIA1" }));
    expect(killed).to.deep.equal(["ASIA1"]);
  });

  it("logs what it injected, and starts anew with a new script", () => {
    const seen: string[] = [];
    const faults = createFaultInjector({ onInjection: ({ rule }) => seen.push(rule) });
    faults.use({
      rules: [
        { service: "s3", calls: [2], fault: throttle },
        { name: "slow", service: "*", fault: { kind: "delay", milliseconds: 1 } },
      ],
    });
    faults.decide(call({ service: "s3" }));
    faults.decide(call({ service: "s3" }));
    expect(faults.log.map(({ rule, kind, nth, service }) => `${rule} ${kind} ${nth} ${service}`)).to.deep.equal([
      "slow delay 1 s3",
      "1 throttle 2 s3",
      "slow delay 2 s3",
    ]);
    expect(seen).to.deep.equal(["slow", "1", "slow"]);
    faults.clear();
    expect(faults.decide(call({ service: "s3" }))).to.deep.equal(none);
    faults.use({ rules: [] });
    expect(faults.log).to.deep.equal([]);
  });
});
