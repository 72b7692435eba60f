import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { link, pack } from "../packages/packing";
import { asError } from "../support/errors";
import type { Made } from "./aws-plugin";

const root = join(__dirname, "../../..");
const run = promisify(execFile);

/** A message naming the first tool of an installed Pulumi that is missing; `undefined` if all are installed. */
export function missing(...tools: readonly string[]): string | undefined {
  const absent = tools.find((tool) => spawnSync("which", [tool]).status !== 0);
  return absent && `${absent} is not installed (https://www.pulumi.com/docs/install), so the real engine is not tried`;
}

/** The result of an operation: the resources by their change, each as `type name`. */
export type Changes = Readonly<Partial<Record<OpType, readonly string[]>>>;

export interface Project {
  readonly folder: string;
  /** Creates a stack. `config`: as for `pulumi config set`, `key` or `namespace:key`. */
  stack(name: string, config?: Readonly<Record<string, string>>): Promise<EngineStack>;
}

export interface OperationOptions {
  /** A folder, relative to the project's. */
  readonly policyPack?: string;
}

export interface EngineStack {
  configure(config: Readonly<Record<string, string>>): Promise<void>;
  preview(options?: OperationOptions): Promise<Changes>;
  up(options?: OperationOptions): Promise<Changes>;
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  refresh(): Promise<Changes>;
  destroy(): Promise<Changes>;
  /** Removes the stack if it has no resources left. */
  remove(): Promise<void>;
}

/** A separate Pulumi installation with a file backend, and an empty account behind the AWS plugin's replacement. */
export interface Engine {
  /** A copy of this repository's stack. */
  repository(): Project;
  /** A copy of an example, with the packed package in its node_modules. */
  example(name: string): Promise<Project>;
  /** All resources in the account. */
  account(): Made[];
  /** Changes a resource behind the stack's back. */
  tamper(made: Made, inputs: Record<string, unknown>): void;
  close(): void;
}

export function startEngine(): Engine {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "avatar-pipeline-engine-")));
  const home = join(folder, "home");
  const account = join(folder, "account");
  for (const each of [account, join(folder, "state")]) mkdirSync(each, { recursive: true });
  installAwsPlugin(home);
  const environment = {
    PULUMI_HOME: home,
    // For --event-log.
    PULUMI_DEBUG_COMMANDS: "true",
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "no secret",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    FAKE_AWS_ACCOUNT: account,
  };
  let projects = 0;
  let logs = 0;
  let packed: Promise<string> | undefined;

  function projectIn(place: string): Project {
    return {
      folder: place,
      async stack(name, config = {}) {
        const pulumi = async (...words: string[]) => {
          const options = ["--non-interactive", "--color=never"];
          const { stdout } = await run("pulumi", [...words, ...options], {
            cwd: place,
            env: { ...process.env, ...environment },
            maxBuffer: 64 * 1024 * 1024,
          }).catch((thrown: unknown) => {
            const error = asError(thrown);
            // The printed output gives the reason; the error's own message says only that it failed.
            throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
          });
          return stdout;
        };
        await pulumi("stack", "init", name);
        const stack = engineStack((...words) => pulumi(...words, "--stack", name), join(folder, `events-${++logs}`));
        await stack.configure({ "aws:region": "ap-southeast-1", ...config });
        return stack;
      },
    };
  }

  /** The package as npm would pack it, packed once. */
  async function packOnce(): Promise<string> {
    await run(process.execPath, [join(root, "tools/build/types.mjs")], { cwd: root });
    return (await pack(root, join(folder, "packed"))).folder;
  }

  return {
    repository() {
      const place = join(folder, `stack-${++projects}`);
      const left = ["node_modules", ".git", ".avatar-pipeline", "build", "dist", "test", "bench", "docs"].map((each) =>
        join(root, each),
      );
      cpSync(root, place, { recursive: true, filter: (path) => !left.includes(path) });
      link(join(root, "node_modules"), join(place, "node_modules"));
      return projectIn(place);
    },
    async example(name) {
      const place = join(folder, `${name}-${++projects}`);
      cpSync(join(root, "examples", name), place, { recursive: true });
      cpSync(await (packed ??= packOnce()), join(place, "node_modules/avatar-pipeline"), { recursive: true });
      for (const each of ["@pulumi", "@aws-sdk", "@types", "typescript"]) {
        link(join(root, "node_modules", each), join(place, "node_modules", each));
      }
      return projectIn(place);
    },
    account: () => readdirSync(account).map((file) => JSON.parse(readFileSync(join(account, file), "utf8")) as Made),
    tamper(made, inputs) {
      const file = readdirSync(account).find((each) => {
        const { type, id } = JSON.parse(readFileSync(join(account, each), "utf8")) as Made;
        return type === made.type && id === made.id;
      });
      const changed: Made = {
        ...made,
        inputs: { ...made.inputs, ...inputs },
        outputs: { ...made.outputs, ...inputs },
      };
      writeFileSync(join(account, file ?? ""), JSON.stringify(changed));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Puts the test's plugin where the engine looks for the AWS provider of the SDK's version. */
function installAwsPlugin(home: string): void {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/@pulumi/aws/package.json"), "utf8")) as {
    version: string;
  };
  const plugin = join(home, `plugins/resource-aws-v${version}/pulumi-resource-aws`);
  mkdirSync(dirname(plugin), { recursive: true });
  const command = [process.execPath, join(__dirname, "aws-plugin.js"), version].map((word) => `'${word}'`).join(" ");
  writeFileSync(plugin, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(plugin, 0o755);
}

function engineStack(pulumi: (...words: string[]) => Promise<string>, log: string): EngineStack {
  /** Runs an operation; its result is read from the engine's own events. */
  async function operate(...words: string[]): Promise<Changes> {
    rmSync(log, { force: true });
    await pulumi(...words, "--event-log", log);
    const changes: Partial<Record<OpType, string[]>> = {};
    for (const line of readFileSync(log, "utf8").trim().split("\n")) {
      const { resourcePreEvent: before } = JSON.parse(line) as EngineEvent;
      if (before === undefined) continue;
      const { op, type, urn } = before.metadata;
      (changes[op] ??= []).push(`${type} ${urn.split("::").at(-1)}`);
    }
    return changes;
  }
  const flags = ({ policyPack }: OperationOptions = {}) => (policyPack ? ["--policy-pack", policyPack] : []);
  return {
    async configure(config) {
      // A path for a list's element.
      for (const [key, value] of Object.entries(config)) {
        await pulumi("config", "set", ...(key.includes("[") ? ["--path"] : []), key, value);
      }
    },
    preview: (options) => operate("preview", ...flags(options)),
    up: (options) => operate("up", "--yes", "--skip-preview", ...flags(options)),
    outputs: async () => JSON.parse(await pulumi("stack", "output", "--json")) as Readonly<Record<string, unknown>>,
    refresh: () => operate("refresh", "--yes", "--skip-preview"),
    // With the preview, as an operator does: a protected resource stops it before anything is deleted.
    destroy: () => operate("destroy", "--yes"),
    async remove() {
      await pulumi("stack", "rm", "--yes");
    },
  };
}
