import { expect } from "chai";
import fc from "fast-check";

import { readPattern } from "../../../../../packages/local-cloud/services/events";

const upload = {
  source: "aws.s3",
  "detail-type": "Object Created",
  resources: ["arn:aws:s3:::photos", "arn:aws:s3:::other"],
  detail: {
    bucket: { name: "photos" },
    object: { key: "uploads/SV001/Ảnh thẻ.JPG", size: 12345, etag: null },
    tags: [],
    faces: [
      { id: "a", score: 10 },
      { id: "b", score: 90 },
    ],
    ok: true,
  },
};
const key = (matcher: unknown) => ({ detail: { object: { key: [matcher] } } });
const size = (matcher: unknown) => ({ detail: { object: { size: [matcher] } } });

describe("an event pattern", () => {
  const rows: [pattern: object, matches: boolean][] = [
    [{ source: ["aws.s3"], "detail-type": ["Object Created", "Object Deleted"] }, true],
    [{ source: ["aws.ec2"] }, false],
    [{ source: ["aws.s3"], nothing: ["x"] }, false],
    [{ resources: ["arn:aws:s3:::other"] }, true],
    [{ resources: ["arn:aws:s3:::third"] }, false],
    [key({ prefix: "uploads/" }), true],
    [key({ prefix: "avatars/" }), false],
    [key({ prefix: { "equals-ignore-case": "UPLOADS/" } }), true],
    [key({ suffix: ".JPG" }), true],
    [key({ suffix: ".jpg" }), false],
    [key({ suffix: { "equals-ignore-case": ".jpg" } }), true],
    [key({ "equals-ignore-case": "UPLOADS/sv001/ẢNH THẺ.jpg" }), true],
    [key({ wildcard: "uploads/*/*.JPG" }), true],
    [key({ wildcard: "uploads/*/*.PNG" }), false],
    [key({ wildcard: "uploads/SV00?/*" }), false],
    [key({ "anything-but": "uploads/x" }), true],
    [key({ "anything-but": ["uploads/SV001/Ảnh thẻ.JPG"] }), false],
    [key({ "anything-but": { prefix: "uploads/" } }), false],
    [key({ "anything-but": { suffix: [".gif", ".bmp"] } }), true],
    [key({ "anything-but": { wildcard: "*/SV002/*" } }), true],
    [{ detail: { object: { missing: [{ "anything-but": "x" }] } } }, false],
    [size({ numeric: ["=", 12345] }), true],
    [size({ numeric: [">", 0, "<=", 12344] }), false],
    [size("12345"), false],
    [size(12345), true],
    [key({ numeric: [">", 0] }), false],
    [{ detail: { object: { etag: [null] } } }, true],
    [{ detail: { ok: [true] } }, true],
    [size({ exists: true }), true],
    [size({ exists: false }), false],
    [{ detail: { object: { version: [{ exists: false }] } } }, true],
    [{ detail: { nothing: { there: [{ exists: false }] } } }, true],
    [{ detail: { tags: [{ exists: true }] } }, false],
    [{ $or: [{ source: ["x"] }, { detail: { ok: [true] } }] }, true],
    [{ source: ["aws.s3"], $or: [{ source: ["x"] }, { detail: { ok: [false] } }] }, false],
    [{ detail: { $or: [{ ok: [false] }, { bucket: { name: ["photos"] } }] } }, true],
    [{ detail: { faces: { id: ["b"], score: [{ numeric: [">", 50] }] } } }, true],
    [{ detail: { faces: { id: ["a"], score: [{ numeric: [">", 50] }] } } }, false],
  ];
  for (const [pattern, matches] of rows) {
    it(`${JSON.stringify(pattern)} ${matches ? "takes" : "leaves"} the upload`, () => {
      expect(readPattern(pattern, "pattern")(upload)).to.equal(matches);
    });
  }

  const refused: [pattern: unknown, says: string][] = [
    ["{", "pattern is no JSON"],
    [{}, "pattern is {}; it has to be an object"],
    [{ source: "aws.s3" }, 'pattern.source is "aws.s3"; it has to be a list of values'],
    [{ source: [] }, "pattern.source is an empty list"],
    [{ source: [["a"]] }, "pattern.source[0] is a list within a list"],
    [{ source: [{ cidr: "10.0.0.0/8" }] }, "pattern.source[0].cidr is no operator that is known here. Use prefix"],
    [{ source: [{ prefix: "a", suffix: "b" }] }, "pattern.source[0] has several operators"],
    [{ source: [{ prefix: 1 }] }, "pattern.source[0].prefix is 1; it has to be a string"],
    [{ source: [{ exists: "yes" }] }, 'pattern.source[0].exists is "yes"; it has to be true or false'],
    [{ a: { b: [{ numeric: [">"] }] } }, 'pattern.a.b[0].numeric is [">"]; write operators and numbers in turn'],
    [{ a: [{ numeric: [">", "1"] }] }, "write operators and numbers in turn"],
    [{ a: [{ "anything-but": [] }] }, "pattern.a[0].anything-but is []; it has to be strings or numbers"],
  ];
  for (const [pattern, says] of refused) {
    it(`is refused: ${says}`, () => {
      expect(() => readPattern(pattern, "pattern")).to.throw(says);
    });
  }

  it("takes a field's exact values and nothing else", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1 }), scalar, (wanted, value) => {
        const matches = readPattern({ detail: { field: wanted } }, "pattern");
        expect(matches({ detail: { field: value } })).to.equal(wanted.includes(value));
        expect(matches({ detail: { field: [value, "more"] } })).to.equal(
          wanted.includes(value) || wanted.includes("more"),
        );
      }),
    );
  });

  it("finds a prefix and a suffix as a string does, and anything-but is their opposite", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*", "\\"), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (part, value) => {
        const is = (matcher: unknown) => readPattern({ field: [matcher] }, "pattern")({ field: value });
        expect(is({ prefix: part })).to.equal(value.startsWith(part));
        expect(is({ suffix: part })).to.equal(value.endsWith(part));
        expect(is({ "anything-but": { prefix: part } })).to.equal(!value.startsWith(part));
        const literal = part.replace(/[*\\]/g, "\\$&");
        expect(is({ wildcard: `*${literal}*` })).to.equal(value.includes(part));
      }),
    );
  });
});
