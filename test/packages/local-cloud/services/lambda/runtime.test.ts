import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { settlePort } from "../../../../../packages/local-cloud/gateway/address";
import { createFaultInjector } from "../../../../../packages/local-cloud/faults";
import { startGateway, type Gateway } from "../../../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore } from "../../../../../packages/local-cloud/iam";
import {
  createFunctionRuntime,
  lambdaService,
  type DeclaredFunction,
  type FunctionRuntime,
  type InvokeResult,
} from "../../../../../packages/local-cloud/services/lambda";
import { messageOf, nameOfError } from "../../../../support/errors";

const identity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };
const arn = (name: string): string => `arn:aws:lambda:ap-southeast-1:000000000000:function:${name}`;
const role = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

function declare(name: string, code: string, more: Partial<DeclaredFunction> = {}): DeclaredFunction {
  return {
    logGroup: { name: `/aws/lambda/${name}`, isMade: true },
    isTraced: false,
    name,
    arn: arn(name),
    roleArn: role(name),
    runtime: "nodejs22.x",
    handler: "__index.handler",
    code: { $archive: "assets", assets: { "__index.js": { $asset: "text", text: code } } },
    layers: [],
    environment: {},
    timeout: 600,
    memorySize: 256,
    reservedConcurrency: -1,
    ...more,
  };
}

const functions: readonly DeclaredFunction[] = [
  declare("echo", "exports.handler = async (event) => ({ event, pid: process.pid });"),
  // As Pulumi serializes callbacks: an ES module may not say `with`.
  declare("sloppy", "exports.handler = function () { with ({ word: 1 }) { return (async () => word)(); } };"),
  declare("mute", 'exports.handler = async () => { console.log("unheard"); return "ran"; };'),
  declare("nothing", "exports.handler = async () => {};"),
  declare(
    "callback",
    "exports.handler = (event, context, done) => setTimeout(() => done(null, context.awsRequestId), 5);",
  ),
  declare("environment", "exports.handler = async () => ({ ...process.env });", {
    environment: { TABLE: "avatars" },
    memorySize: 192,
  }),
  declare(
    "packages",
    `exports.handler = async () => Object.fromEntries(["@aws-sdk/client-s3", "jimp", "chai", "tool", "./own"].map((name) => {
      try { require(name); return [name, true]; } catch (error) { return [name, error.code]; }
    }));`,
    {
      layers: [
        {
          name: "tools",
          code: {
            $archive: "assets",
            assets: { "nodejs/node_modules/tool/index.js": { $asset: "text", text: "exports.a = 1" } },
          },
        },
      ],
    },
  ),
  declare(
    "named",
    'exports.handler = async () => { throw Object.assign(new Error("too dark"), { name: "FACE_TOO_DARK" }); };',
  ),
  declare("text", 'exports.handler = async () => { throw "just text"; };'),
  declare("circular", "exports.handler = async () => { const a = {}; a.a = a; return a; };"),
  declare("unawaited", 'exports.handler = () => new Promise(() => { Promise.reject(new TypeError("lost")); });'),
  declare("exits", "exports.handler = async () => process.exit(3);"),
  declare("unfound", 'require("no-such-package"); exports.handler = async () => 1;'),
  declare("unexported", "exports.other = async () => 1;"),
  declare("init", 'throw Object.assign(new Error("TABLE is not set"), { name: "MissingSetting" });'),
  declare("spins", "exports.handler = async () => { for (;;); };", { timeout: 1 }),
  declare(
    "hoards",
    "const kept = []; exports.handler = async () => { for (;;) { kept.push(Buffer.alloc(8e6, 1)); await new Promise(setImmediate); } };",
    {
      memorySize: 160,
    },
  ),
  declare(
    "prints",
    'exports.handler = async () => { console.log("seen %s", "twice\\nhere"); console.error({ a: 1 }); };',
  ),
  declare(
    "slow",
    "exports.handler = async () => { await new Promise((r) => setTimeout(r, 1500)); return process.pid; };",
  ),
  declare("single", "exports.handler = async () => { await new Promise((r) => setTimeout(r, 300)); return 1; };", {
    reservedConcurrency: 1,
  }),
  declare(
    "calls",
    `const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");
     const client = new LambdaClient({ maxAttempts: 1 });
     exports.handler = async ({ name }) => Buffer.from((await client.send(new InvokeCommand({ FunctionName: name, Payload: '{"from":"calls"}' }))).Payload).toString();`,
  ),
];

describe("functions", () => {
  let storage: string;
  let runtime: FunctionRuntime;
  let gateway: Gateway;
  const faults = createFaultInjector();
  const lines: string[] = [];

  const json = async (name: string, payload: unknown = {}): Promise<unknown> => {
    const result = await runtime.invoke(name, JSON.stringify(payload));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return JSON.parse(result.payload);
  };
  const errorOf = async (name: string): Promise<Extract<InvokeResult, { ok: false }>["error"]> => {
    const result = await runtime.invoke(name, "{}");
    if (result.ok) throw new Error(`${name} succeeded: ${result.payload}`);
    return result.error;
  };

  before(async () => {
    // Below this repository on purpose: none of its packages may leak into a function.
    mkdirSync(resolve("node_modules/.cache"), { recursive: true });
    storage = mkdtempSync(resolve("node_modules/.cache/functions-"));
    writeFileSync(join(storage, "package.json"), '{ "type": "module" }');
    const credentials = createCredentialStore({ identity, secret: "test" });
    const port = await settlePort(0);
    runtime = createFunctionRuntime({
      identity,
      storage,
      functions,
      credentials,
      endpoint: `http://127.0.0.1:${port}`,
      packagesFrom: [process.cwd()],
      faults,
      onLog: ({ source, text }) => lines.push(`${source} ${text}`),
      silent: new Set(["mute"]),
      maxProcesses: 2,
    });
    const allow = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: arn("echo") }],
    };
    const authorizer = createAuthorizer({
      identity,
      roles: [{ arn: role("calls"), policies: [{ name: "invoke", document: allow }] }],
    });
    gateway = await startGateway({ port, identity, services: [lambdaService(runtime)], credentials, authorizer });
  });

  after(async () => {
    await gateway.close();
    await runtime.close();
    rmSync(storage, { recursive: true });
  });

  it("answers with the handler's JSON, by promise or callback, and null for nothing", async () => {
    expect(await json("echo", { n: [1, "hai"] })).to.deep.include({ event: { n: [1, "hai"] } });
    expect(await json("nothing")).to.equal(null);
    expect(await json("callback")).to.match(/^[0-9a-f-]{36}$/);
  });

  it("runs without a log if its role may not write one", async () => {
    expect(await json("mute")).to.equal("ran");
    expect(lines.filter((line) => line.startsWith("mute "))).to.deep.equal([]);
    expect(existsSync(join(storage, "logs/mute.log"))).to.equal(false);
  });

  it("is CommonJS, whatever the project is in which the data lies", async () => {
    expect(await json("sloppy")).to.equal(1);
  });

  it("keeps the process warm from call to call", async () => {
    const first = (await json("echo")) as { pid: number };
    expect(await json("echo")).to.deep.include({ pid: first.pid });
  });

  it("sees the declared variables and Lambda's, and nothing of this machine's", async () => {
    process.env["SECRET_OF_THIS_MACHINE"] = "hidden";
    const environment = (await json("environment")) as Record<string, string>;
    delete process.env["SECRET_OF_THIS_MACHINE"];
    expect(environment).to.include({
      TABLE: "avatars",
      AWS_REGION: "ap-southeast-1",
      AWS_LAMBDA_FUNCTION_NAME: "environment",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "192",
      AWS_ENDPOINT_URL: gateway.url,
    });
    expect(environment["AWS_ACCESS_KEY_ID"]).to.match(/^ASIA/);
    expect(environment["_X_AMZN_TRACE_ID"]).to.match(/^Root=1-/);
    expect(environment).not.to.have.any.keys("SECRET_OF_THIS_MACHINE", "npm_config_registry");
  });

  it("finds the SDK, its layers and its own files, and no other package", async () => {
    expect(await json("packages")).to.deep.equal({
      "@aws-sdk/client-s3": true,
      jimp: "MODULE_NOT_FOUND",
      chai: "MODULE_NOT_FOUND",
      tool: true,
      "./own": "MODULE_NOT_FOUND",
    });
  });

  it("reports errors as the Node.js runtime does", async () => {
    const named = await errorOf("named");
    expect(named).to.deep.include({ errorType: "FACE_TOO_DARK", errorMessage: "too dark" });
    expect(named.trace?.[0]).to.equal("FACE_TOO_DARK: too dark");
    expect(named.trace?.[1]).to.include("__index.js");
    expect(await errorOf("text")).to.deep.equal({ errorType: "string", errorMessage: "just text", trace: [] });
    expect((await errorOf("circular")).errorMessage).to.include("Unable to stringify response body");
    expect(await errorOf("unawaited")).to.deep.include({
      errorType: "Runtime.UnhandledPromiseRejection",
      errorMessage: "TypeError: lost",
    });
    expect((await errorOf("exits")).errorMessage).to.match(
      /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
    );
    expect(await errorOf("unfound")).to.deep.include({ errorType: "Runtime.ImportModuleError" });
    expect((await errorOf("unfound")).errorMessage).to.include("Cannot find module 'no-such-package'");
    expect(await errorOf("unexported")).to.deep.include({
      errorType: "Runtime.HandlerNotFound",
      errorMessage: "__index.handler is undefined or not exported",
    });
    expect(await errorOf("init")).to.deep.include({ errorType: "MissingSetting", errorMessage: "TABLE is not set" });
  });

  it("ends a call at the declared timeout, even one that never yields", async () => {
    const error = await errorOf("spins");
    expect(error.errorType).to.equal("Sandbox.Timedout");
    expect(error.errorMessage).to.match(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/);
  });

  it("ends a process that takes more memory than declared", async function () {
    if (process.platform !== "linux") this.skip();
    const error = await errorOf("hoards");
    expect(error.errorType).to.equal("Runtime.ExitError");
    expect(error.errorMessage).to.include("signal: killed");
    expect(lines.some((line) => /^hoards .*memory \d+ MB is above the declared 160 MB/.test(line))).to.equal(true);
  });

  it("runs one event at a time in a process, and starts another when that takes long", async () => {
    const pids = await Promise.all([json("slow"), json("slow"), json("slow")]);
    expect(new Set(pids).size).to.equal(2, "two processes at most");
  });

  it("refuses calls beyond the reserved concurrency", async () => {
    const both = await Promise.allSettled([json("single"), json("single")]);
    expect(both.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    expect((both[1] as PromiseRejectedResult).reason).to.include({ name: "TooManyRequestsException", status: 429 });
  });

  it("writes Lambda's log lines, shown as they come and kept in a file", async () => {
    await json("prints");
    await json("prints");
    const own = lines.filter((line) => line.startsWith("prints "));
    expect(own.find((line) => line.includes("seen"))).to.match(/^prints \S+Z\t[0-9a-f-]{36}\tINFO\tseen twice\rhere$/);
    expect(own.find((line) => line.includes("ERROR"))).to.match(/\tERROR\t\{ a: 1 \}$/);
    const report = own.find((line) => line.includes("REPORT")) ?? "";
    const used = Number(/Max Memory Used: (\d+) MB/.exec(report)?.[1]);
    expect(used).to.be.within(20, 256);
    expect(report)
      .to.include("Memory Size: 256 MB")
      .and.to.match(/Init Duration: [\d.]+ ms$/);
    const file = join(storage, "logs", "prints.log");
    const kept = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
    while (!kept().includes("START RequestId:")) await new Promise((done) => setTimeout(done, 20));
  });

  it("loses the answer, and the process, when the fault script says so", async () => {
    const kill = (when: string): void =>
      faults.use({
        rules: [
          { service: "lambda", operation: "Invoke", caller: "echo", times: 1, fault: { kind: "killFunction", when } },
        ],
      });
    kill("before");
    expect(await errorOf("echo")).to.deep.include({ errorType: "Runtime.ExitError" });
    kill("after");
    expect(await errorOf("echo")).to.deep.include({ errorType: "Runtime.ExitError" });
    expect(await json("echo")).to.have.property("pid");
    faults.use({ rules: [{ service: "lambda", times: 1, fault: { kind: "throttle" } }] });
    expect(await nameOfError(runtime.invoke("echo", "{}"))).to.equal("TooManyRequestsException");
    faults.clear();
  });

  describe("through the SDK", () => {
    let client: LambdaClient;
    before(() => {
      client = new LambdaClient({
        endpoint: gateway.url,
        region: identity.region,
        credentials: createCredentialStore({ identity, secret: "test" }).operator,
        maxAttempts: 1,
      });
    });
    after(() => client.destroy());

    it("invokes a function and waits for its answer", async () => {
      const answer = await client.send(new InvokeCommand({ FunctionName: "echo", Payload: '{"a":1}' }));
      expect(answer.StatusCode).to.equal(200);
      expect(JSON.parse(answer.Payload?.transformToString() ?? "")).to.deep.include({ event: { a: 1 } });
    });

    it("marks a function's own error", async () => {
      const answer = await client.send(new InvokeCommand({ FunctionName: arn("named") }));
      expect(answer.FunctionError).to.equal("Unhandled");
      expect(JSON.parse(answer.Payload?.transformToString() ?? "")).to.include({ errorType: "FACE_TOO_DARK" });
    });

    it("takes an event without waiting, and tries it again when it fails", async function () {
      const answer = await client.send(new InvokeCommand({ FunctionName: "named", InvocationType: "Event" }));
      expect(answer.StatusCode).to.equal(202);
      const before = lines.length;
      while (runtime.pendingEvents > 0) await new Promise((done) => setTimeout(done, 50));
      expect(lines.slice(before - 1).filter((line) => /^named START/.test(line)).length).to.be.within(2, 3);
    });

    it("refuses unknown functions, other operations and payloads that are no JSON", async () => {
      expect(await nameOfError(client.send(new InvokeCommand({ FunctionName: "nobody" })))).to.equal(
        "ResourceNotFoundException",
      );
      expect(await nameOfError(client.send(new InvokeCommand({ FunctionName: "echo", Payload: "{" })))).to.equal(
        "InvalidRequestContentException",
      );
    });

    it("refuses by name the options of an invocation that would have no effect", async () => {
      const before = lines.length;
      const invoke = (more: object) =>
        client.send(new InvokeCommand({ FunctionName: "echo", Payload: "{}", ...more })).then(() => "none", messageOf);
      expect(await invoke({ Qualifier: "$LATEST", LogType: "None" })).to.equal("none");
      const invoked = lines.length;
      expect(invoked).to.be.greaterThan(before);
      expect(await invoke({ Qualifier: "live" })).to.include("does not serve Invoke with the qualifier live");
      expect(await invoke({ LogType: "Tail" })).to.include("does not serve Invoke with the log type Tail");
      expect(await invoke({ ClientContext: "e30=" })).to.include("with the header x-amz-client-context");
      expect(lines.length).to.equal(invoked);
    });

    it("lets a function invoke those that its role allows, and no others", async () => {
      expect(JSON.parse((await json("calls", { name: "echo" })) as string)).to.deep.include({
        event: { from: "calls" },
      });
      const denied = await runtime.invoke("calls", JSON.stringify({ name: "nothing" }));
      expect(denied.ok ? denied : denied.error).to.deep.include({ errorType: "AccessDeniedException" });
      expect(denied.ok ? "" : denied.error.errorMessage).to.include(
        "lambda:InvokeFunction on resource: " + arn("nothing"),
      );
    });
  });
});
