/**
 * Runs a handler in this process, against clients that answer by a script, and prints its result and its requests. The
 * round-trip test runs it twice: for the handler as written and as read from the archive.
 *
 * Usage: node run-handler.js MODULE STEP SCENARIOS. The module is the list of the functions or, with an empty STEP, an
 * archive's file that exports the handler itself.
 */
import { readFileSync } from "node:fs";
import Module from "node:module";

/** The answer of a client's operation: a result, or the error that it throws. */
export type ScriptedAnswer =
  | { readonly result: unknown }
  /** A body, as S3 returns it; base64. */
  | { readonly body: string }
  | { readonly error: { readonly name: string; readonly message: string; readonly status: number } };

export interface Scenario {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: unknown;
  /** By `Client.operation`; a list is consumed call by call. Other operations answer `{}`. */
  readonly answers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
}

export interface Ran {
  readonly output?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly isError: boolean };
  /** `Client.operation` and its input, in order. */
  readonly calls: readonly (readonly [string, unknown])[];
}

let calls: (readonly [string, unknown])[] = [];
let answers: Record<string, ScriptedAnswer[]> = {};

function perform(operation: string, input: unknown): unknown {
  calls.push([operation, input]);
  const answer = answers[operation]?.shift() ?? { result: {} };
  if ("error" in answer) {
    const { name, message, status } = answer.error;
    throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  }
  if ("body" in answer) {
    return {
      Body: { transformToByteArray: () => Promise.resolve(new Uint8Array(Buffer.from(answer.body, "base64"))) },
    };
  }
  return answer.result;
}

/** The answer as an SDK method: an error becomes a rejection. */
function promised<Input extends unknown[]>(answer: (...input: Input) => unknown) {
  return (...input: Input): Promise<unknown> => Promise.resolve().then(() => answer(...input));
}

/** Replaces any module that a handler loads at run time: each class's methods answer by the script. */
const scripted = new Proxy(
  {},
  {
    get: (_module, exported: string) => {
      if (exported === "createThumbnails" || exported === "renderPicture") {
        return promised((...input: unknown[]) => perform(`imaging.${exported}`, input));
      }
      return function Client() {
        return new Proxy(
          {},
          {
            get: (_client, operation: string) =>
              promised((input: unknown) => perform(`${exported}.${operation}`, input)),
          },
        );
      };
    },
  },
);

const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
const load = loader._load.bind(loader);
loader._load = (request, ...rest) =>
  request.startsWith("@aws-sdk/") || request === "avatar-imaging" ? scripted : load(request, ...rest);

// Rows and notices contain the time: a fixed clock makes them comparable.
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given: [] | [string | number]) {
    super(...((given.length === 0 ? ["2026-01-02T03:04:05.678Z"] : given) as [string]));
  }
  static override now = () => RealDate.parse("2026-01-02T03:04:05.678Z");
} as DateConstructor;

function handlerOf(exported: unknown, step: string): (input: unknown) => unknown {
  const { handler, functions } = exported as {
    handler?: (input: unknown) => unknown;
    functions?: readonly { name: string; factory: () => (input: unknown) => unknown }[];
  };
  const found = step === "" ? handler : functions?.find(({ name }) => name === step)?.factory();
  if (found === undefined) throw new Error(`The module exports no handler of ${step}.`);
  return found;
}

async function run(scenario: Scenario, module: string, step: string): Promise<Ran> {
  calls = [];
  answers = Object.fromEntries(Object.entries(scenario.answers).map(([operation, list]) => [operation, [...list]]));
  Object.assign(process.env, scenario.environment);
  try {
    const handler = handlerOf(load(module), step);
    return { output: await handler(scenario.input), calls };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message, isError: error instanceof Error }, calls };
  } finally {
    for (const name of Object.keys(scenario.environment)) Reflect.deleteProperty(process.env, name);
  }
}

async function main(): Promise<void> {
  const [module = "", step = "", file = ""] = process.argv.slice(2);
  console.log = () => undefined;
  const ran: Ran[] = [];
  for (const scenario of JSON.parse(readFileSync(file, "utf8")) as Scenario[]) {
    ran.push(await run(scenario, module, step));
    // For the handler, the next scenario's process looks as if it had not loaded the handler yet.
    Reflect.deleteProperty(require.cache, require.resolve(module));
  }
  process.stdout.write(JSON.stringify(ran));
}

if (require.main === module) void main();
