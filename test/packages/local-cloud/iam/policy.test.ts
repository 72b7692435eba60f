import { expect } from "chai";
import fc from "fast-check";

import {
  evaluate,
  matchesWildcards,
  readPolicy,
  type Decision,
  type Principal,
} from "../../../../packages/local-cloud/iam";
import { compilePattern, matchesPattern } from "../../../../packages/local-cloud/iam/pattern";

const role = {
  kind: "role",
  roleArn: "arn:aws:iam::111122223333:role/step",
  sessionArn: "arn:aws:sts::111122223333:assumed-role/step/function",
  accountId: "111122223333",
} as const satisfies Principal;
const bucket = "arn:aws:s3:::photos";

interface Asked {
  identity?: unknown[];
  resource?: unknown[];
  principal?: Principal;
  action?: string;
  on?: string;
  context?: Record<string, string | string[]>;
}

/** The decision on `s3:GetObject` of an object, unless another action is given. */
function decide(asked: Asked): Decision["effect"] {
  const policies = (statements: unknown[] | undefined, kind: "identity" | "resource") =>
    (statements ?? []).map((Statement, i) => readPolicy({ Version: "2012-10-17", Statement }, `${kind}${i}`, kind));
  return evaluate({
    principal: asked.principal ?? role,
    action: asked.action ?? "s3:GetObject",
    resource: asked.on ?? `${bucket}/uploads/a.jpg`,
    context: asked.context ?? {},
    identityPolicies: policies(asked.identity, "identity"),
    resourcePolicies: policies(asked.resource, "resource"),
  }).effect;
}

const allow = (more: object = {}) => ({ Effect: "Allow", Action: "s3:GetObject", Resource: `${bucket}/*`, ...more });
const deny = (more: object = {}) => ({ ...allow(more), Effect: "Deny" });

describe("an IAM decision", () => {
  it("is no when nothing allows it", () => {
    expect(decide({})).to.equal("implicitDeny");
    expect(decide({ identity: [allow({ Action: "s3:PutObject" })] })).to.equal("implicitDeny");
    expect(decide({ identity: [allow({ Resource: bucket })] })).to.equal("implicitDeny");
  });

  it("is yes when a statement allows action and resource", () => {
    expect(decide({ identity: [allow()] })).to.equal("allow");
    expect(decide({ identity: [[allow({ Action: ["s3:PutObject", "s3:Get*"], Resource: ["*"] })]] })).to.equal("allow");
  });

  it("is no when anything denies it, whatever allows it", () => {
    expect(decide({ identity: [allow(), deny()] })).to.equal("explicitDeny");
    expect(decide({ identity: [allow()], resource: [deny({ Principal: "*" })] })).to.equal("explicitDeny");
  });

  it("compares actions without case and resources with it", () => {
    expect(decide({ identity: [allow({ Action: "S3:getobject" })] })).to.equal("allow");
    expect(decide({ identity: [allow({ Resource: `${bucket}/UPLOADS/*` })] })).to.equal("implicitDeny");
  });

  it("knows NotAction and NotResource", () => {
    const all = { Effect: "Allow", Resource: "*" };
    expect(decide({ identity: [{ ...all, NotAction: "iam:*" }] })).to.equal("allow");
    expect(decide({ identity: [{ ...all, NotAction: "s3:Get*" }] })).to.equal("implicitDeny");
    expect(decide({ identity: [{ Effect: "Allow", Action: "*", NotResource: `${bucket}/*` }] })).to.equal(
      "implicitDeny",
    );
    expect(decide({ identity: [{ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::other*" }] })).to.equal(
      "allow",
    );
  });

  it("fills in policy variables as text, in policies of version 2012-10-17", () => {
    const own = allow({ Resource: `${bucket}/\${aws:PrincipalTag/team}/*` });
    const tagged = (team: string) => ({ "aws:PrincipalTag/team": team });
    expect(decide({ identity: [own], context: tagged("uploads") })).to.equal("allow");
    expect(decide({ identity: [own], context: tagged("*") })).to.equal("implicitDeny");
    expect(decide({ identity: [own] })).to.equal("implicitDeny");
    const star = allow({ Resource: `${bucket}/\${*}.jpg` });
    expect(decide({ identity: [star], on: `${bucket}/*.jpg` })).to.equal("allow");
    expect(decide({ identity: [star], on: `${bucket}/a.jpg` })).to.equal("implicitDeny");
    const fallback = allow({ Resource: `${bucket}/\${aws:PrincipalTag/team, 'uploads'}/*` });
    expect(decide({ identity: [fallback] })).to.equal("allow");
  });

  describe("by a resource's policy", () => {
    const anonymous: Principal = { kind: "anonymous" };
    const events: Principal = { kind: "service", name: "events.amazonaws.com" };

    it("lets in everybody, a role, a session or a service, as it names them", () => {
      const named = (Principal: unknown, principal: Principal) =>
        decide({ resource: [allow({ Principal })], principal });
      expect(named("*", anonymous)).to.equal("allow");
      expect(named({ AWS: "*" }, role)).to.equal("allow");
      expect(named({ AWS: role.roleArn }, role)).to.equal("allow");
      expect(named({ AWS: role.sessionArn }, role)).to.equal("allow");
      expect(named({ Service: "events.amazonaws.com" }, events)).to.equal("allow");
      expect(named({ Service: "sns.amazonaws.com" }, events)).to.equal("implicitDeny");
      expect(named({ AWS: "arn:aws:iam::111122223333:role/other" }, role)).to.equal("implicitDeny");
      expect(named({ Service: "events.amazonaws.com" }, anonymous)).to.equal("implicitDeny");
    });

    it("leaves what it allows to the whole account to the account's own policies, but denies it outright", () => {
      const Principal = { AWS: "arn:aws:iam::111122223333:root" };
      expect(decide({ resource: [allow({ Principal })] })).to.equal("implicitDeny");
      expect(decide({ resource: [deny({ Principal })], identity: [allow()] })).to.equal("explicitDeny");
    });

    it("knows NotPrincipal", () => {
      const NotPrincipal = { AWS: role.roleArn };
      expect(decide({ resource: [deny({ NotPrincipal })], identity: [allow()] })).to.equal("allow");
      expect(decide({ resource: [deny({ NotPrincipal }), allow({ Principal: "*" })], principal: anonymous })).to.equal(
        "explicitDeny",
      );
    });
  });

  describe("under the condition", () => {
    const rows: [condition: object, context: Record<string, string | string[]>, holds: boolean][] = [
      [{ StringEquals: { "s3:prefix": ["a", "b"] } }, { "s3:prefix": "b" }, true],
      [{ StringEquals: { "s3:prefix": "a" } }, { "S3:Prefix": "a" }, true],
      [{ StringEquals: { "s3:prefix": "a*" } }, { "s3:prefix": "ab" }, false],
      [{ StringEquals: { "s3:prefix": "a" } }, {}, false],
      [{ StringNotEquals: { "s3:prefix": ["a", "b"] } }, { "s3:prefix": "b" }, false],
      [{ StringNotEquals: { "s3:prefix": "a" } }, {}, true],
      [{ StringEqualsIgnoreCase: { k: "ABC" } }, { k: "abc" }, true],
      [{ StringNotEqualsIgnoreCase: { k: "ABC" } }, { k: "abc" }, false],
      [{ StringLike: { k: "uploads/*" } }, { k: "uploads/x/y" }, true],
      [{ StringLike: { k: "upload?/" } }, { k: "uploads/" }, true],
      [{ StringNotLike: { k: "uploads/*" } }, { k: "avatars/x" }, true],
      [{ StringLike: { k: "${aws:username}*" } }, { k: "an*", "aws:username": "an*" }, true],
      [{ StringEqualsIfExists: { k: "a" } }, {}, true],
      [{ StringEqualsIfExists: { k: "a" } }, { k: "b" }, false],
      [
        { ArnLike: { "aws:SourceArn": "arn:aws:events:*:*:rule/*" } },
        { "aws:SourceArn": "arn:aws:events:r:1:rule/x" },
        true,
      ],
      [
        { ArnEquals: { "aws:SourceArn": "arn:aws:events:*:1:rule/x" } },
        { "aws:SourceArn": "arn:aws:events:a:b:1:rule/x" },
        false,
      ],
      [
        { ArnNotLike: { "aws:SourceArn": "arn:aws:sns:*:*:*" } },
        { "aws:SourceArn": "arn:aws:events:r:1:rule/x" },
        true,
      ],
      [{ Bool: { "aws:SecureTransport": false } }, { "aws:SecureTransport": "true" }, false],
      [{ Bool: { "aws:SecureTransport": "true" } }, { "aws:SecureTransport": "true" }, true],
      [{ NumericLessThanEquals: { "s3:max-keys": 10 } }, { "s3:max-keys": "10" }, true],
      [{ NumericGreaterThan: { "s3:max-keys": "10" } }, { "s3:max-keys": "9" }, false],
      [{ NumericNotEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "10.0" }, false],
      [{ NumericEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "ten" }, false],
      [
        { DateLessThan: { "aws:CurrentTime": "2030-01-01T00:00:00Z" } },
        { "aws:CurrentTime": "2026-01-01T00:00:00Z" },
        true,
      ],
      [{ DateGreaterThanEquals: { "aws:EpochTime": "1000" } }, { "aws:EpochTime": "1970-01-01T00:16:40Z" }, true],
      [{ IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"] } }, { "aws:SourceIp": "10.9.8.7" }, true],
      [{ NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, { "aws:SourceIp": "127.0.0.1" }, true],
      [{ IpAddress: { "aws:SourceIp": "::/0" } }, { "aws:SourceIp": "127.0.0.1" }, false],
      [{ Null: { k: "true" } }, {}, true],
      [{ Null: { k: "true" } }, { k: "a" }, false],
      [{ Null: { k: false } }, { k: "a" }, true],
      [{ "ForAllValues:StringEquals": { k: ["a", "b"] } }, { k: ["a", "b", "a"] }, true],
      [{ "ForAllValues:StringEquals": { k: ["a", "b"] } }, { k: ["a", "c"] }, false],
      [{ "ForAllValues:StringEquals": { k: "a" } }, {}, true],
      [{ "ForAnyValue:StringLike": { k: "a*" } }, { k: ["x", "ab"] }, true],
      [{ "ForAnyValue:StringLike": { k: "a*" } }, {}, false],
      [{ "ForAnyValue:StringNotEquals": { k: "a" } }, { k: ["a", "b"] }, true],
      [{ StringEquals: { k: "a" }, Bool: { "aws:SecureTransport": "true" } }, { k: "a" }, false],
    ];
    for (const [condition, context, holds] of rows) {
      it(`${JSON.stringify(condition)} ${holds ? "holds" : "fails"} for ${JSON.stringify(context)}`, () => {
        expect(decide({ identity: [allow({ Condition: condition })], context })).to.equal(
          holds ? "allow" : "implicitDeny",
        );
      });
    }
  });
});

describe("a policy document", () => {
  const refused: [document: unknown, kind: "identity" | "resource" | "trust", says: string][] = [
    ["{", "identity", "is no JSON"],
    [{}, "identity", "has no Statement"],
    [{ Version: "2020-01-01", Statement: [] }, "identity", 'has Version "2020-01-01"; IAM knows "2012-10-17"'],
    [{ Statement: allow({ Effect: "allow" }) }, "identity", 'has Effect "allow"; it has to be "Allow" or "Deny"'],
    [{ Statement: { Effect: "Allow", Resource: "*" } }, "identity", "has neither Action nor NotAction"],
    [{ Statement: allow({ NotAction: "a:b" }) }, "identity", "has Action and NotAction"],
    [
      { Statement: allow({ Action: "GetObject" }) },
      "identity",
      'has Action "GetObject"; write it as service:Operation',
    ],
    [{ Statement: { Effect: "Allow", Action: "a:b" } }, "identity", "has no Resource"],
    [{ Statement: allow({ Resource: [null] }) }, "identity", "Resource is null; it has to be a string"],
    [{ Statement: allow({ Principal: "*" }) }, "identity", "has a Principal"],
    [{ Statement: allow() }, "resource", "has no Principal"],
    [{ Statement: allow({ Principal: "me" }) }, "resource", 'has Principal "me"'],
    [{ Statement: allow({ Conditions: {} }) }, "identity", 'has the element "Conditions", which IAM does not know'],
    [{ Statement: allow({ Condition: { Equals: { a: "b" } } }) }, "identity", 'operator "Equals" is none of IAM\'s'],
    [{ Statement: allow({ Condition: { NullIfExists: { a: "b" } } }) }, "identity", 'operator "NullIfExists" is none'],
  ];
  for (const [document, kind, says] of refused) {
    it(`is refused when it ${says.slice(0, 60)}`, () => {
      expect(() => readPolicy(document, "grants of role step", kind))
        .to.throw(says)
        .with.property("message")
        .that.includes("grants of role step");
    });
  }
});

describe("wildcards", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ":", ".", "$", "{", "}"), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ":", ".", "$", "*", "?"), maxLength: 12 });

  it("match as the regular expression does that they stand for", () => {
    fc.assert(
      fc.property(text, pattern, (given, glob) => {
        const source = glob
          .split("")
          .map((c) => (c === "*" ? ".*" : c === "?" ? "." : c.replace(/[.$]/, "\\$&")))
          .join("");
        expect(matchesWildcards(given, glob)).to.equal(new RegExp(`^${source}$`, "s").test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it("take a variable's value as text, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, other) => {
        const compiled = compilePattern("x/${key}/y", new Map([["key", [value]]])) ?? [];
        expect(matchesPattern(`x/${value}/y`, compiled)).to.equal(true);
        expect(matchesPattern(`x/${other}/y`, compiled)).to.equal(other === value);
      }),
    );
  });

  it("do not run away on many stars", () => {
    expect(matchesWildcards("a".repeat(5000), `${"a*".repeat(200)}b`)).to.equal(false);
  });
});

describe("any set of statements", () => {
  const statement = fc.record({
    Effect: fc.constantFrom("Allow", "Deny"),
    Action: fc.constantFrom("s3:GetObject", "s3:Get*", "*", "s3:PutObject", "sns:Publish"),
    Resource: fc.constantFrom("*", `${bucket}/*`, `${bucket}/uploads/?.jpg`, "arn:aws:s3:::other/*"),
  });
  const concerns = ({ Action, Resource }: { Action: string; Resource: string }) =>
    ["s3:GetObject", "s3:Get*", "*"].includes(Action) && Resource !== "arn:aws:s3:::other/*";

  it("denies if one that concerns the call denies, else allows if one allows, in any order", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), fc.boolean(), (statements, together) => {
        const own = statements.filter(concerns).map(({ Effect }) => Effect);
        const expected = own.includes("Deny") ? "explicitDeny" : own.includes("Allow") ? "allow" : "implicitDeny";
        expect(decide({ identity: together ? [statements] : statements })).to.equal(expected);
        expect(decide({ identity: [[...statements].reverse()] })).to.equal(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
