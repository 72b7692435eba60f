/**
 * Replaces the AWS provider in a test of the real Pulumi engine: a plugin that answers with the computed outputs of the
 * local mode, and stores its resources as files in a folder, its account. A test can thus check from outside what a
 * deployment left, and the plugin refuses duplicates as AWS does.
 *
 * Run by the engine as `pulumi-resource-aws`, with the plugin's version as first argument and the account's folder in
 * FAKE_AWS_ACCOUNT.
 */
import { provider } from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { localAccountId, defaultRegion } from "../../packages/local-cloud/program/evaluate";
import { answerInvoke } from "../../packages/local-cloud/program/invokes";
import { provision, resourceTypes } from "../../packages/local-cloud/program/outputs";

type Properties = Record<string, unknown>;

/** A resource in the account, and in its file. */
export interface Made {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

const [version = "", ...engineArguments] = process.argv.slice(2);
const root = join(__dirname, "../../..");
const account = process.env["FAKE_AWS_ACCOUNT"] ?? "";
const identity = { partition: "aws", region: defaultRegion, accountId: localAccountId };

const typeOf = (urn: string): string => urn.split("::")[2]!.split("$").at(-1)!;
const nameOf = (urn: string): string => urn.split("::").at(-1)!;

const hash = (...words: string[]): string => createHash("sha256").update(words.join("\n")).digest("hex").slice(0, 20);

/** A resource's file is named by AWS's identity of it (type and ARN, or id), and by the engine's. */
function nameInAws({ type, id, inputs, outputs }: Made): string {
  // If an ARN is an input, it is another resource's.
  const own = inputs["arn"] === undefined ? outputs["arn"] : undefined;
  return hash(type, typeof own === "string" ? own : id);
}
const nameInEngine = (urn: string, id: string): string => `${hash(urn, id)}.json`;

function fileOf(urn: string, id: string): string | undefined {
  const file = readdirSync(account).find((each) => each.endsWith(nameInEngine(urn, id)));
  return file === undefined ? undefined : join(account, file);
}

function load(urn: string, id: string): Made | undefined {
  const file = fileOf(urn, id);
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, "utf8")) as Made);
}

function make(made: Made): void {
  const identity = nameInAws(made);
  if (readdirSync(account).some((file) => file.startsWith(identity))) {
    throw new Error(`ResourceAlreadyExists: ${made.type} ${made.id}`);
  }
  writeFileSync(join(account, `${identity}-${nameInEngine(made.urn, made.id)}`), JSON.stringify(made));
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Plain values: the contents of secrets, and the hash of assets and archives, which is all that the engine compares.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const members = value as Properties;
  if (members[signatureKey] === secret) return plain(members["value"]);
  if (members[signatureKey] !== undefined && members["hash"] !== undefined) return { hash: members["hash"] };
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, plain(member)]));
}

function compute(urn: string, inputs: Properties): { id: string; outputs: Properties } {
  return provision({ urn, type: typeOf(urn), name: nameOf(urn), inputs: plain(inputs) as Properties, ...identity });
}

/** The part of the provider's schema that the component's own schema refers to. */
function schema(): string {
  const refersTo = readFileSync(join(root, "provider/schema.json"), "utf8").matchAll(
    /\/aws\/[^"#]*#\/resources\/([^"]+)/g,
  );
  const text = { type: "string" };
  const resource = { properties: { arn: text, name: text, bucket: text }, inputProperties: {} };
  const resources = [...refersTo].map(([, token]) => [decodeURIComponent(token ?? ""), resource]);
  return JSON.stringify({ name: "aws", version, resources: Object.fromEntries(resources) as unknown });
}

/** The SDK awaits what a method returns, and expects a promise. */
const answering =
  <Given extends unknown[], Answer>(answer: (...given: Given) => Answer) =>
  (...given: Given): Promise<Answer> =>
    Promise.resolve().then(() => answer(...given));

void provider.main(
  {
    version,
    schema: schema(),
    diff: answering((id: string, urn: string, _olds: Properties, news: Properties) => {
      const before = load(urn, id)?.inputs ?? {};
      const keys = [...new Set([...Object.keys(before), ...Object.keys(news)])];
      const changed = keys.filter((key) => !isDeepStrictEqual(before[key], plain(news[key])));
      const name = resourceTypes[typeOf(urn)]?.nameInput ?? "";
      return { changes: changed.length > 0, replaces: changed.filter((key) => key === name) };
    }),
    create: answering((urn: string, inputs: Properties) => {
      const { id, outputs } = compute(urn, inputs);
      make({ urn, type: typeOf(urn), id, inputs: plain(inputs) as Properties, outputs });
      return { id, outs: outputs };
    }),
    read: answering((id: string, urn: string) => {
      const made = load(urn, id);
      return made ? { id, props: made.outputs, inputs: made.inputs } : {};
    }),
    update: answering((id: string, urn: string, _olds: Properties, inputs: Properties) => {
      const file = fileOf(urn, id);
      if (file === undefined) throw new Error(`NotFound: ${typeOf(urn)} ${id}`);
      const { outputs } = compute(urn, inputs);
      const made: Made = { urn, type: typeOf(urn), id, inputs: plain(inputs) as Properties, outputs };
      writeFileSync(file, JSON.stringify(made));
      return { outs: outputs };
    }),
    delete: answering((id: string, urn: string) => {
      const file = fileOf(urn, id);
      if (file === undefined) throw new Error(`NotFound: ${typeOf(urn)} ${id}`);
      rmSync(file);
      // Deleting a topic deletes its subscriptions, including those that the stack no longer manages.
      if (typeOf(urn).endsWith(":Topic")) {
        for (const each of readdirSync(account)) {
          const { inputs } = JSON.parse(readFileSync(join(account, each), "utf8")) as Made;
          if (inputs["topic"] === id) rmSync(join(account, each));
        }
      }
    }),
    invoke: answering((token: string, inputs: Properties) => {
      return { outputs: answerInvoke({ token, inputs }, identity) };
    }),
  },
  engineArguments,
);
