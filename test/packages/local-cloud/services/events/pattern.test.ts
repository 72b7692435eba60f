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
    [{ source: [{ regex: "a+" }] }, "pattern.source[0].regex is no operator that is known here. Use prefix"],
    [{ a: [{ cidr: "10.0.0.0" }] }, 'pattern.a[0].cidr is "10.0.0.0"; it has to be a block of addresses'],
    [{ a: [{ cidr: "10.0.0.0/33" }] }, "it has to be a block of addresses"],
    [{ a: [{ cidr: "ten/8" }] }, "it has to be a block of addresses"],
    [{ a: [{ "anything-but": ["a", 1] }] }, 'pattern.a[0].anything-but is ["a",1]; it has to be strings, or numbers'],
    [{ a: [{ "anything-but": { prefix: "" } }] }, "pattern.a[0].anything-but.prefix is empty"],
    [{ a: [{ "anything-but": { suffix: ["a", ""] } }] }, "pattern.a[0].anything-but.suffix is empty"],
    [{ a: [{ wildcard: "a**b" }] }, 'pattern.a[0].wildcard is "a**b", where two stars follow each other'],
    [{ a: [{ wildcard: "a\\b" }] }, "a backslash is only allowed before a star or a backslash"],
    [{ $or: [{ a: ["x"] }, {}] }, "pattern.$or[1] is an empty object"],
    [{ a: [{ numeric: ["<", 5, ">", 0] }] }, "two bounds have to be a lower one and then a higher one"],
    [{ a: [{ numeric: [">", 5, "<", 5] }] }, "two bounds have to be a lower one"],
    [{ a: [{ numeric: ["=", 5, "<", 6] }] }, "two bounds have to be a lower one"],
    [{ a: [{ numeric: [">", 0, "<", 5, "<", 6] }] }, "two bounds have to be a lower one"],
    [{ source: [{ prefix: "a", suffix: "b" }] }, "pattern.source[0] has several operators"],
    [{ source: [{ prefix: 1 }] }, "pattern.source[0].prefix is 1; it has to be a string"],
    [{ source: [{ exists: "yes" }] }, 'pattern.source[0].exists is "yes"; it has to be true or false'],
    [{ a: { b: [{ numeric: [">"] }] } }, 'pattern.a.b[0].numeric is [">"]; write operators and numbers in turn'],
    [{ a: [{ numeric: [">", "1"] }] }, "write operators and numbers in turn"],
    [{ a: [{ "anything-but": [] }] }, "pattern.a[0].anything-but is []; it has to be strings, or numbers"],
  ];
  for (const [pattern, says] of refused) {
    it(`is refused: ${says}`, () => {
      expect(() => readPattern(pattern, "pattern")).to.throw(says);
    });
  }

  it("takes the addresses of a block, of either family", () => {
    const is = (cidr: string, address: unknown) => readPattern({ ip: [{ cidr }] }, "pattern")({ ip: address });
    expect(is("10.0.0.0/24", "10.0.0.255")).to.equal(true);
    expect(is("10.0.0.0/24", "10.0.1.0")).to.equal(false);
    expect(is("10.0.0.0/0", "192.168.1.1")).to.equal(true);
    expect(is("2001:db8::/32", "2001:db8:1::7")).to.equal(true);
    expect(is("2001:db8::/32", "10.0.0.1")).to.equal(false);
    for (const other of ["10.0.0", "", 10, null, undefined]) expect(is("10.0.0.0/8", other)).to.equal(false);
  });

  it("may hold escaped stars side by side", () => {
    const is = (wildcard: string, value: string) => readPattern({ a: [{ wildcard }] }, "pattern")({ a: value });
    expect(is("a\\**", "a*b")).to.equal(true);
    expect(is("a\\*\\*", "a**")).to.equal(true);
    expect(is("a\\*\\*", "a*b")).to.equal(false);
  });

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
        if (part !== "") expect(is({ "anything-but": { prefix: part } })).to.equal(!value.startsWith(part));
        const literal = part.replace(/[*\\]/g, "\\$&");
        // Around nothing the two stars would be one too many.
        const around = part === "" ? "*" : `*${literal}*`;
        expect(is({ wildcard: around })).to.equal(value.includes(part));
      }),
    );
  });
});
