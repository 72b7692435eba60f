import fc from "fast-check";

/** A pattern with events that are near enough to it to match now and then. */
export interface Case {
  readonly pattern: unknown;
  readonly events: readonly unknown[];
}

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "A", "/", "*", "\\"), maxLength: 4 }),
  fc.constantFrom("a", "ab", "uploads/", "uploads/SV001/ảnh.JPG", "Ảnh", "1", ""),
);
const number = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(0.5, -2.5, 1000000, 12345));
const scalar = fc.oneof(text, text, number, fc.boolean(), fc.constant(null));
const field = fc.constantFrom("a", "b", "c");
const order = fc.constantFrom("<", "<=", ">", ">=", "=");

const caseless = text.map((value) => ({ "equals-ignore-case": value }));
const operator = fc.oneof(
  text.map((value) => ({ prefix: value })),
  text.map((value) => ({ suffix: value })),
  caseless,
  text.map((value) => ({ wildcard: value })),
  text.map((value) => ({ wildcard: `${value}*` })),
  caseless.map((value) => ({ prefix: value })),
  caseless.map((value) => ({ suffix: value })),
  fc.boolean().map((value) => ({ exists: value })),
  fc.tuple(order, number).map((value) => ({ numeric: value })),
  fc.tuple(order, number, order, number).map((value) => ({ numeric: value })),
  fc.constantFrom("10.0.0.0/24", "10.0.0.0/8", "2001:db8::/32", "10.0.0.0", "10.0.0.0/33").map((cidr) => ({ cidr })),
  fc.oneof(text, number).map((value) => ({ "anything-but": value })),
  fc.array(fc.oneof(text, number), { maxLength: 2 }).map((value) => ({ "anything-but": value })),
  fc.array(text, { minLength: 1, maxLength: 2 }).map((value) => ({ "anything-but": { prefix: value } })),
  fc.array(text, { minLength: 1, maxLength: 2 }).map((value) => ({ "anything-but": { suffix: value } })),
  text.map((value) => ({ "anything-but": { wildcard: value } })),
  text.map((value) => ({ "anything-but": { "equals-ignore-case": value } })),
);
// An empty list is refused, and so is every pattern with one: rare enough that the others are met.
const leaf = fc.oneof(
  { arbitrary: fc.array(fc.oneof(scalar, operator, operator), { minLength: 1, maxLength: 2 }), weight: 40 },
  { arbitrary: fc.constant([]), weight: 1 },
);

type Fields = Readonly<Record<string, unknown>>;

const pattern = fc.letrec<{ fields: Fields }>((tie) => ({
  fields: fc
    .tuple(
      fc.dictionary(field, fc.oneof({ maxDepth: 2 }, leaf, leaf, tie("fields")), { minKeys: 1, maxKeys: 2 }),
      fc.option(
        // Fields of their own: if an alternative names a field that stands beside $or, AWS's matcher forgets the latter.
        fc.array(fc.dictionary(fc.constantFrom("d", "e"), leaf, { minKeys: 1, maxKeys: 2 }), {
          minLength: 2,
          maxLength: 2,
        }),
        { freq: 6 },
      ),
    )
    .map(([fields, alternatives]) => (alternatives === null ? fields : { ...fields, $or: alternatives })),
})).fields;

/** The texts and numbers that a list of matchers names, at any depth. */
function named(value: unknown): readonly (string | number | boolean | null)[] {
  if (Array.isArray(value)) return value.flatMap(named);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(named);
  return value === undefined ? [] : [value as string | number | boolean | null];
}

const addresses = ["10.0.0.7", "10.0.1.7", "11.0.0.7", "2001:db8::7", "2001:db9::7"];

/** Values of which many match the list of matchers. */
function valueNear(matchers: unknown): fc.Arbitrary<unknown> {
  const near = named(matchers).flatMap((one): readonly unknown[] => {
    if (typeof one !== "string") return [one];
    if (one.includes("/") && one.includes("0")) return [...addresses, one];
    return [one, `${one}b`, `a${one}`, one.toUpperCase(), one.replace(/[*]/g, "ab")];
  });
  const one = near.length === 0 ? scalar : fc.oneof(fc.constantFrom(...near), fc.constantFrom(...near), scalar);
  return fc.oneof(one, one, one, fc.array(one, { maxLength: 2 }));
}

/**
 * Whether a pattern has an `exists: false`. Within a list of objects AWS's matcher looks for the field in all of them,
 * the local one in the object that matches the rest; AWS documents neither.
 */
const asksForAbsence = (wanted: unknown): boolean => JSON.stringify(wanted).includes('"exists":false');

/** Events with the pattern's own fields, some of them missing. */
function eventNear(fields: Fields): fc.Arbitrary<unknown> {
  const { $or: alternatives, ...own } = fields;
  const all: Fields = Object.assign({}, own, ...((alternatives ?? []) as Fields[])) as Fields;
  const values = Object.entries(all).map(([name, wanted]) => {
    if (Array.isArray(wanted)) return [name, valueNear(wanted)] as const;
    const nested = eventNear(wanted as Fields);
    const list = asksForAbsence(wanted) ? nested : fc.array(nested, { maxLength: 2 });
    return [name, fc.oneof(nested, nested, nested, scalar, list)] as const;
  });
  const model = Object.fromEntries(values);
  return fc.oneof(fc.record(model), fc.record(model), fc.record(model, { requiredKeys: [] }));
}

/** Cases by chance; the same seed gives the same ones. */
export function sampleCases(count: number, seed: number): readonly Case[] {
  const one = pattern.chain((made) =>
    fc.record({ pattern: fc.constant(made), events: fc.array(eventNear(made), { minLength: 4, maxLength: 6 }) }),
  );
  return fc.sample(one, { numRuns: count, seed });
}
