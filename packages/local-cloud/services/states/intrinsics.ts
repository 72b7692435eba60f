import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { stateError } from "./errors";
import { query, type Scope } from "./paths";

type Intrinsic = (...args: readonly unknown[]) => unknown;

/** Longest text that hashes and encodings accept, in characters: AWS's limit. */
const maxText = 10_000;
/** Most members of a list that ArrayRange makes. */
const maxRange = 1_000;

const fail = (text: string): never => {
  throw stateError("States.IntrinsicFailure", text);
};
const list = (value: unknown, name: string): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : fail(`${name}: ${JSON.stringify(value)} is not an array`);
const text = (value: unknown, name: string): string =>
  typeof value === "string" ? value : fail(`${name}: ${JSON.stringify(value)} is not a string`);
const whole = (value: unknown, name: string): number =>
  typeof value === "number" ? Math.round(value) : fail(`${name}: ${JSON.stringify(value)} is not a number`);
const short = (value: unknown, name: string): string => {
  const checked = text(value, name);
  return checked.length <= maxText ? checked : fail(`${name}: the text is longer than ${maxText} characters`);
};

function parseJson(value: unknown, name: string): unknown {
  try {
    return JSON.parse(text(value, name));
  } catch (error) {
    return error instanceof SyntaxError ? fail(`${name}: ${error.message}`) : fail((error as Error).message);
  }
}

function format(template: unknown, ...values: readonly unknown[]): string {
  let next = 0;
  const filled = text(template, "States.Format").replace(/\\([{}\\'])|\{\}/g, (found: string, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    if (next >= values.length) return fail(`States.Format: there are more {} than values in '${String(template)}'`);
    const value = values[next++];
    return typeof value === "string" ? value : found === "{}" ? JSON.stringify(value) : found;
  });
  return next === values.length
    ? filled
    : fail(`States.Format: there are more values than {} in '${String(template)}'`);
}

function range(first: unknown, last: unknown, by: unknown): number[] {
  const name = "States.ArrayRange";
  const [start, end, stride] = [whole(first, name), whole(last, name), whole(by, name)];
  if (stride === 0) return fail(`${name}: the step must not be 0`);
  const length = Math.max(0, Math.floor((end - start) / stride) + 1);
  if (length > maxRange) return fail(`${name}: ${length} members are more than ${maxRange}`);
  return Array.from({ length }, (_, index) => start + index * stride);
}

function partition(values: unknown, size: unknown): unknown[] {
  const name = "States.ArrayPartition";
  const chunk = whole(size, name);
  if (chunk < 1) return fail(`${name}: the chunk size must be positive`);
  const all = list(values, name);
  return Array.from({ length: Math.ceil(all.length / chunk) }, (_, index) =>
    all.slice(index * chunk, (index + 1) * chunk),
  );
}

function merge(first: unknown, second: unknown, deep: unknown): unknown {
  const name = "States.JsonMerge";
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(first) || !isObject(second)) return fail(`${name} merges two objects`);
  return deep === false
    ? { ...(first as object), ...(second as object) }
    : fail(`${name} knows only the shallow mode, false`);
}

function hash(value: unknown, algorithm: unknown): string {
  const known: Readonly<Record<string, string>> = {
    MD5: "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
  };
  const chosen = known[text(algorithm, "States.Hash")] ?? fail(`States.Hash: unknown algorithm ${String(algorithm)}`);
  const data = typeof value === "string" ? value : JSON.stringify(value);
  return createHash(chosen).update(short(data, "States.Hash")).digest("hex");
}

/** A whole number from `start` up to, and excluding, `end`; the same one for the same seed. */
function random(start: unknown, end: unknown, seed?: unknown): number {
  const name = "States.MathRandom";
  const [low, high] = [whole(start, name), whole(end, name)];
  if (high <= low) return fail(`${name}: ${high} is not above ${low}`);
  const even =
    seed === undefined
      ? Math.random()
      : createHash("sha256")
          .update(String(whole(seed, name)))
          .digest()
          .readUInt32BE(0) /
        2 ** 32;
  return low + Math.floor(even * (high - low));
}

const intrinsics: Readonly<Record<string, { readonly least: number; readonly most: number; readonly run: Intrinsic }>> =
  {
    "States.Format": { least: 1, most: Infinity, run: format },
    "States.StringToJson": { least: 1, most: 1, run: (value) => parseJson(value, "States.StringToJson") },
    "States.JsonToString": { least: 1, most: 1, run: (value) => JSON.stringify(value) },
    "States.Array": { least: 0, most: Infinity, run: (...values) => [...values] },
    "States.ArrayPartition": { least: 2, most: 2, run: partition },
    "States.ArrayContains": {
      least: 2,
      most: 2,
      run: (values, wanted) => list(values, "States.ArrayContains").some((value) => isDeepStrictEqual(value, wanted)),
    },
    "States.ArrayRange": { least: 3, most: 3, run: range },
    "States.ArrayGetItem": {
      least: 2,
      most: 2,
      run: (values, index) =>
        list(values, "States.ArrayGetItem")[whole(index, "States.ArrayGetItem")] ??
        fail(`States.ArrayGetItem: there is no member ${String(index)}`),
    },
    "States.ArrayLength": { least: 1, most: 1, run: (values) => list(values, "States.ArrayLength").length },
    "States.ArrayUnique": {
      least: 1,
      most: 1,
      run: (values) =>
        list(values, "States.ArrayUnique").filter(
          (value, index, all) => all.findIndex((other) => isDeepStrictEqual(other, value)) === index,
        ),
    },
    "States.Base64Encode": {
      least: 1,
      most: 1,
      run: (value) => Buffer.from(short(value, "States.Base64Encode")).toString("base64"),
    },
    "States.Base64Decode": {
      least: 1,
      most: 1,
      run: (value) => Buffer.from(short(value, "States.Base64Decode"), "base64").toString(),
    },
    "States.Hash": { least: 2, most: 2, run: hash },
    "States.JsonMerge": { least: 3, most: 3, run: merge },
    "States.MathRandom": { least: 2, most: 3, run: random },
    "States.MathAdd": { least: 2, most: 2, run: (a, b) => whole(a, "States.MathAdd") + whole(b, "States.MathAdd") },
    "States.StringSplit": {
      least: 2,
      most: 2,
      run: (value, separators) => {
        const separator = new Set(text(separators, "States.StringSplit"));
        const parts = [""];
        for (const character of text(value, "States.StringSplit")) {
          if (separator.has(character)) parts.push("");
          else parts.push((parts.pop() ?? "") + character);
        }
        return parts.filter((part) => part !== "");
      },
    },
    "States.UUID": { least: 0, most: 0, run: () => randomUUID() },
  };

/** A parsed call; arguments are constants, paths and further calls. */
type Expression =
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

/**
 * Evaluates an intrinsic function such as `States.Format('{}/{}', $.a, States.UUID())`.
 *
 * @throws States.IntrinsicFailure if the syntax is wrong or the function does not accept its arguments
 */
export function evaluateIntrinsic(source: string, scope: Scope): unknown {
  return evaluate(new Parser(source).parse(), scope);
}

function evaluate(expression: Expression, scope: Scope): unknown {
  if (expression.kind === "constant") return expression.value;
  if (expression.kind === "path") return query(expression.path, scope, expression.path);
  const intrinsic = intrinsics[expression.name] ?? fail(`There is no intrinsic function ${expression.name}`);
  const args = expression.args.map((argument) => evaluate(argument, scope));
  if (args.length < intrinsic.least || args.length > intrinsic.most) {
    return fail(`${expression.name} does not take ${args.length} arguments`);
  }
  return intrinsic.run(...args);
}

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  parse(): Expression {
    const call = this.call();
    this.skipSpace();
    return this.at === this.source.length ? call : this.fail("the end");
  }

  private call(): Expression {
    const name = this.take(/States\.[A-Za-z0-9]+/y) ?? this.fail("the name of an intrinsic function");
    this.expect("(");
    const args: Expression[] = [];
    this.skipSpace();
    if (this.source[this.at] !== ")") {
      do args.push(this.argument());
      while (this.has(","));
    }
    this.expect(")");
    return { kind: "call", name, args };
  }

  private argument(): Expression {
    this.skipSpace();
    const quoted = this.take(/'(?:[^'\\]|\\.)*'/y);
    // An escaped brace stays escaped: States.Format itself distinguishes it from a placeholder.
    if (quoted !== undefined) return { kind: "constant", value: quoted.slice(1, -1).replace(/\\(['\\])/g, "$1") };
    const number = this.take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== undefined) return { kind: "constant", value: Number(number) };
    const word = this.take(/(?:true|false|null)\b/y);
    if (word !== undefined) return { kind: "constant", value: JSON.parse(word) };
    // A path ends at the comma or parenthesis outside its own brackets.
    const path = this.take(
      /\$(?:\[(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\((?:[^()]|\([^()]*\))*\)|[^\]])*\]|[^\s,()[\]])*/y,
    );
    if (path !== undefined) return { kind: "path", path };
    return this.call();
  }

  private take(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match[0];
  }

  private has(character: string): boolean {
    this.skipSpace();
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string): void {
    if (!this.has(character)) this.fail(`"${character}"`);
  }

  private skipSpace(): void {
    while (/\s/.test(this.source[this.at] ?? "")) this.at++;
  }

  private fail(expected: string): never {
    return fail(`'${this.source}' has no ${expected} at character ${this.at + 1}`);
  }
}
