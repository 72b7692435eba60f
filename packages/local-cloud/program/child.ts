/**
 * Evaluates one Pulumi program under mocks, in a process of its own, and sends the graph to the parent.
 *
 * A process of its own, because Pulumi keeps its state in globals, and because callbacks can make resources long after
 * the module's text has run: only when nothing is left to run (`beforeExit`) is the graph complete.
 */
import Module, { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as PulumiRuntime from "@pulumi/pulumi/runtime";
import { describeError, isReported } from "./errors";
import { esModules, type EsModules } from "./es-modules";
import type { ProgramGraph, ResourceNode } from "./graph";
import { answerInvoke } from "./invokes";
import { isEsModule } from "./module-kind";
import { provision } from "./outputs";
import { recordReads } from "./reads";
import { transpileOnRequire, transpiler } from "./transpile";
import { plain, withoutFiles, withPoliciesAsText } from "./values";

/** The parent's request, as JSON in the first argument. */
export interface EvaluationRequest {
  readonly program: string;
  readonly folder: string;
  readonly project: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
  /** See {@link EvaluateOptions.serves}. */
  readonly serves: readonly string[];
}

export type EvaluationAnswer =
  /** `files`: files that the evaluation read outside node_modules, so that the graph can be kept until one changes. */
  { readonly graph: ProgramGraph; readonly files: readonly string[] } | { readonly error: string };

type Runtime = typeof PulumiRuntime;

/** The members of a registration or a read that Pulumi's mocks do not pass on. */
interface RegisterRequest {
  getParent(): string;
  getRemote?(): boolean;
  getDependenciesList(): string[];
}
interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Record<string, unknown> };
}
type Callback = (error: unknown, response: { getUrn(): string } | undefined) => void;
interface Monitor {
  newUrn(parent: string, type: string, name: string): string;
  registerResource(request: RegisterRequest, callback: Callback): Promise<void>;
  readResource(request: RegisterRequest, callback: Callback): Promise<void>;
  registerResourceOutputs(request: OutputsRequest, callback: (error: unknown, response: unknown) => void): void;
}

const request = JSON.parse(process.argv[2] ?? "") as EvaluationRequest;
const resources: ResourceNode[] = [];
const urns = new Set<string>();
/** The outputs that components registered, by URN. */
const componentOutputs = new Map<string, Record<string, unknown>>();
const errors: string[] = [];
/** Reads of resources that have not been declared yet. */
const waiting = new Set<Read>();

/** A resource that the program reads by its id, with `get`, instead of declaring it there. */
interface Read {
  readonly type: string;
  readonly id: string;
  readonly found: (declared: ResourceNode) => void;
}

// Keeps the compiled code of Pulumi and TypeScript between runs, if Node.js can (22.8 and newer).
(Module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
process.chdir(request.folder);
const fromProgram = createRequire(request.program);
const reads = recordReads();

function fail(error: unknown): void {
  if (isReported(error)) return;
  const message = describeError(error);
  if (!errors.includes(message)) errors.push(message);
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

function loadPulumi(): Runtime {
  try {
    return (fromProgram("@pulumi/pulumi") as { runtime: Runtime }).runtime;
  } catch {
    throw Object.assign(
      new Error(`${request.program} cannot load @pulumi/pulumi. Run \`npm install\` in ${request.folder}.`),
      { hideStack: true },
    );
  }
}

/** The engine's own rule: the parent's whole qualified type, a dollar sign, the type. */
function urnOf(parent: string, type: string, name: string): string {
  const parentType = parent.split("::")[2] ?? "";
  const qualified = parentType === "" || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
  return `urn:pulumi:${request.stack}::${request.project}::${qualified}::${name}`;
}

/** Registers one resource: the mock gets its answer, and the graph its node. */
async function newResource(
  args: PulumiRuntime.MockResourceArgs,
  registration: RegisterRequest | undefined,
): Promise<PulumiRuntime.MockResourceResult> {
  const parent = registration?.getParent() ?? "";
  const urn = claimUrn(parent, args);
  const inputs = withPoliciesAsText((await plain(args.inputs)) as Record<string, unknown>);
  const custom = args.custom === true;
  const { region, accountId, partition } = request;
  const known = withoutFiles(inputs) as Record<string, unknown>;
  const made = custom
    ? provision({ urn, type: args.type, name: args.name, inputs: known, region, accountId, partition })
    : { id: "", outputs: known };
  const id = args.id !== undefined && args.id !== "" ? args.id : made.id;
  if (args.type !== "pulumi:pulumi:Stack") {
    const node: ResourceNode = {
      urn,
      type: args.type,
      name: args.name,
      id,
      custom,
      remote: registration?.getRemote?.() ?? false,
      ...(parent === "" || parent.includes("::pulumi:pulumi:Stack::") ? {} : { parent }),
      inputs,
      outputs: made.outputs,
      dependencies: registration?.getDependenciesList() ?? [],
    };
    resources.push(node);
    for (const read of waiting) if (isOf(read, node) && waiting.delete(read)) read.found(node);
  }
  return { id, state: made.outputs };
}

/** @throws Error when another resource has the URN, as the engine refuses it */
function claimUrn(parent: string, { type, name }: PulumiRuntime.MockResourceArgs): string {
  const urn = urnOf(parent, type, name);
  if (urns.has(urn)) {
    throw new Error(`Duplicate resource URN '${urn}': two resources of one type have the name ${name}.`);
  }
  urns.add(urn);
  return urn;
}

/**
 * Answers the read of a resource with the program's declaration of that id. It is no second resource: photos that
 * arrive in a bucket declared in one place and read in another must reach the same bucket.
 *
 * The declaration may come later if the program spells the id out; an id that is undeclared when nothing is left to run
 * stays undeclared, see {@link refuseUndeclared}.
 */
function readResource(
  args: PulumiRuntime.MockResourceArgs,
  registration: RegisterRequest | undefined,
): Promise<PulumiRuntime.MockResourceResult> {
  if (args.type === "pulumi:pulumi:StackReference") {
    throw new Error(
      `The program reads the outputs of another stack (${args.name}), which does not exist on this machine. ` +
        `Take the values from the stack's configuration instead.`,
    );
  }
  // A type that keeps nothing here, such as a key or a network, is not missed.
  if (!request.serves.includes(args.type) || args.type.startsWith("aws:kms/")) return newResource(args, registration);
  claimUrn(registration?.getParent() ?? "", args);
  return new Promise((answer) => {
    const read: Read = {
      type: args.type,
      id: args.id ?? "",
      found: ({ id, outputs }) => answer({ id, state: { ...outputs } }),
    };
    const declared = resources.find((node) => isOf(read, node));
    if (declared) read.found(declared);
    else waiting.add(read);
  });
}

function isOf(read: Read, { type, id }: ResourceNode): boolean {
  return id === read.id && kindOf(type) === kindOf(read.type);
}

/** Pulumi has two names for some of AWS's resources, such as Bucket and BucketV2. */
const kindOf = (type: string): string => type.replace(/V2(?=:|$)/g, "");

/** A resource that exists only on AWS would be empty here: the program would run and do nothing. */
function refuseUndeclared({ type, id }: Read): void {
  fail(
    Object.assign(
      new Error(
        `The program reads ${type} ${id}, which it does not declare: there is none on this machine. For local use ` +
          `declare it in the program, or leave out the option that names it.`,
      ),
      { hideStack: true },
    ),
  );
}

/** Installs the mocks, and reads the parts of each registration that the mock interface omits. */
async function installMocks(runtime: Runtime): Promise<void> {
  let current: RegisterRequest | undefined;
  let isRead = false;
  await runtime.setMocks(
    {
      // Called synchronously by the monitor, before its first await.
      newResource: (args) => (isRead ? readResource(args, current) : newResource(args, current)),
      call: (args) => answerInvoke({ token: args.token, inputs: args.inputs as Record<string, unknown> }, request),
    },
    request.project,
    request.stack,
    false,
  );
  const monitor = runtime.getMonitor() as unknown as Monitor;
  monitor.newUrn = urnOf;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (registration, callback) => {
    current = registration;
    const done = register(registration, callback);
    current = undefined;
    return done;
  };
  const read = monitor.readResource.bind(monitor);
  monitor.readResource = (asked, callback) => {
    [current, isRead] = [asked, true];
    const done = read(asked, callback);
    [current, isRead] = [undefined, false];
    return done;
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (registration, callback) => {
    componentOutputs.set(registration.getUrn(), registration.getOutputs().toJavaScript());
    registerOutputs(registration, callback);
  };
}

async function run(): Promise<void> {
  const runtime = loadPulumi();
  await installMocks(runtime);
  runtime.setAllConfig({ ...request.config });
  const pulumi = fromProgram.resolve("@pulumi/pulumi");
  const program = resolve(request.program);
  transpileOnRequire(transpiler(program, createRequire(pulumi)));
  if (isEsModule(program)) imported = esModules(program, pulumi);
  const outputs: unknown = await runtime.runInPulumiStack(async () => {
    const exported: unknown = imported ? await imported.load() : fromProgram(program);
    return (await (typeof exported === "function" ? (exported as () => unknown)() : exported)) as Record<
      string,
      unknown
    >;
  });
  stackOutputs = outputs;
}

/** The exports of a program that is an ES module. */
let imported: EsModules | undefined;
let stackOutputs: unknown;
let answered = false;

/** Stack outputs are Outputs, possibly nested, possibly secret. */
async function settled(value: unknown): Promise<unknown> {
  if (typeof value === "object" && value !== null && "__pulumiOutput" in value) {
    return settled(await (value as unknown as { promise(): Promise<unknown> }).promise());
  }
  if (Array.isArray(value)) return Promise.all(value.map(settled));
  if (typeof value === "object" && value !== null && !("__pulumiAsset" in value) && !("__pulumiArchive" in value)) {
    return Object.fromEntries(
      await Promise.all(Object.entries(value).map(async ([key, member]) => [key, await settled(member)] as const)),
    );
  }
  return plain(value);
}

/** Components have their outputs only after their constructors have run. */
async function withComponentOutputs(node: ResourceNode): Promise<ResourceNode> {
  const outputs = componentOutputs.get(node.urn);
  return outputs ? { ...node, outputs: (await plain(outputs)) as Record<string, unknown> } : node;
}

async function answer(): Promise<EvaluationAnswer> {
  if (errors.length > 0) return { error: errors.join("\n") };
  const graph: ProgramGraph = {
    project: request.project,
    stack: request.stack,
    region: request.region,
    accountId: request.accountId,
    partition: request.partition,
    resources: await Promise.all(resources.map(withComponentOutputs)),
    stackOutputs: ((await settled(stackOutputs)) ?? {}) as Record<string, unknown>,
  };
  return { graph, files: [...reads(), ...(imported?.reads() ?? [])] };
}

process.on("beforeExit", () => {
  if (answered) return;
  answered = true;
  waiting.forEach(refuseUndeclared);
  void answer()
    .catch((error: unknown): EvaluationAnswer => ({ error: describeError(error) }))
    .then((message) => {
      // Not 0 after a failure: Pulumi would add a warning about promises that never settled, as is then the case.
      process.send?.(message, () => process.exit("error" in message ? 1 : 0));
    });
});

// Ctrl-C reaches the whole process group; the parent decides the order of shutdown.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);

run().catch(fail);
