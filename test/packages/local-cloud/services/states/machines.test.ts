import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway, type Gateway } from "../../../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore } from "../../../../../packages/local-cloud/iam";
import { cloudError, type CloudEvent } from "../../../../../packages/local-cloud/gateway/service";
import {
  createMachines,
  statesService,
  type DeclaredMachine,
  type Machines,
} from "../../../../../packages/local-cloud/services/states";
import { messageOf, nameOfError } from "../../../../support/errors";

const identity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };
const functionArn = (name: string): string => `arn:aws:lambda:ap-southeast-1:000000000000:function:${name}`;
const roleArn = "arn:aws:iam::000000000000:role/machine";

function declare(name: string, definition: object): DeclaredMachine {
  const arn = `arn:aws:states:ap-southeast-1:000000000000:stateMachine:${name}`;
  return { name, arn, roleArn, definition: JSON.stringify(definition) };
}
const task = (name: string, more: object = {}): object => ({
  Type: "Task",
  Resource: functionArn(name),
  End: true,
  ...more,
});
const only = (state: object): object => ({ StartAt: "Only", States: { Only: state } });

const declared = [
  declare("greet", only(task("greet"))),
  declare(
    "context",
    only(
      task("greet", {
        Parameters: {
          "run.$": "$$.Execution.Id",
          "first.$": "$$.Execution.Input.n",
          "state.$": "$$.State.Name",
          "at.$": "$$.State.EnteredTime",
          "machine.$": "$$.StateMachine.Name",
        },
      }),
    ),
  ),
  declare(
    "branches",
    only({
      Type: "Parallel",
      End: true,
      Branches: [
        { StartAt: "Fails", States: { Fails: task("fails") } },
        {
          StartAt: "Busy",
          States: {
            Busy: task("busy", {
              Parameters: { "outer.$": "$$.Execution.Input" },
              Retry: [{ ErrorEquals: ["Busy"], IntervalSeconds: 1 }],
            }),
          },
        },
      ],
    }),
  ),
  declare("fails", only(task("fails"))),
  declare("stuck", only(task("stuck", { TimeoutSeconds: 1 }))),
  declare("late", { TimeoutSeconds: 1, ...only(task("stuck")) }),
  declare("forever", only(task("stuck"))),
  declare("denied", only(task("secret"))),
  declare(
    "other",
    only({ Type: "Task", Resource: "arn:aws:states:::sns:publish", Parameters: { Message: "x" }, End: true }),
  ),
  declare(
    "integration",
    only({
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: functionArn("greet"), "Payload.$": "$" },
      OutputPath: "$.Payload",
      End: true,
    }),
  ),
];

describe("state machines", () => {
  let storage: string;
  let machines: Machines;
  let gateway: Gateway;
  let client: SFNClient;
  let events: CloudEvent[] = [];
  let calls: { name: string; payload: unknown }[] = [];
  let busFails = 0;

  /** Functions are tested elsewhere: here the test sets their answers. */
  const functions = {
    find: () => undefined,
    async invoke(arn: string, payload: string, started?: () => void) {
      const name = arn.split(":").at(-1) ?? "";
      calls.push({ name, payload: JSON.parse(payload) });
      started?.();
      await new Promise(setImmediate);
      const requestId = "id";
      const fail = (errorType: string) => ({
        ok: false as const,
        error: { errorType, errorMessage: "why", trace: [] },
        requestId,
      });
      if (name === "fails") return fail("TOO_BAD");
      if (name === "busy") return fail("Busy");
      if (name === "stuck") return new Promise<never>(() => undefined);
      if (name === "gone") throw cloudError("ResourceNotFoundException", 404, "Function not found");
      return { ok: true as const, payload: JSON.stringify({ hello: JSON.parse(payload) as unknown }), requestId };
    },
  };

  async function open(): Promise<void> {
    const credentials = createCredentialStore({ identity, secret: "test" });
    const granted = ["greet", "fails", "busy", "stuck", "gone"].map(functionArn);
    const document = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: granted }],
    };
    const authorizer = createAuthorizer({ identity, roles: [{ arn: roleArn, policies: [{ name: "p", document }] }] });
    machines = await createMachines({
      identity,
      storage,
      machines: declared,
      functions,
      authorizer,
      emit: (event) => {
        if (event.detail["status"] !== "RUNNING" && busFails-- > 0) throw new Error("the bus is down");
        events.push(event);
      },
      retryScale: 0,
    });
    gateway = await startGateway({ port: 0, identity, services: [statesService(machines)], credentials, authorizer });
    client = new SFNClient({
      endpoint: gateway.url,
      region: identity.region,
      credentials: credentials.operator,
      maxAttempts: 1,
    });
  }
  async function close(): Promise<void> {
    client.destroy();
    await machines.close();
    await gateway.close();
  }
  const arnOf = (name: string): string => declared.find((machine) => machine.name === name)?.arn ?? "";
  async function run(name: string, input: unknown = {}) {
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn: arnOf(name), input: JSON.stringify(input) }),
    );
    for (;;) {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status !== "RUNNING") return execution;
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  before(async () => {
    storage = mkdtempSync(join(tmpdir(), "machines-"));
    await open();
  });
  beforeEach(() => {
    [events, calls, busFails] = [[], [], 0];
  });
  after(async () => {
    await close();
    rmSync(storage, { recursive: true });
  });

  it("runs an execution to its end and keeps input and output", async () => {
    const execution = await run("greet", { name: "Lan" });
    expect(execution.status).to.equal("SUCCEEDED");
    expect(execution.input).to.equal('{"name":"Lan"}');
    expect(execution.output).to.equal('{"hello":{"name":"Lan"}}');
    expect(execution.stopDate).to.be.instanceOf(Date);
  });

  it("fills in the context object", async () => {
    const before = Date.now();
    const execution = await run("context", { n: 7 });
    const { hello } = JSON.parse(execution.output ?? "") as { hello: Record<string, string> };
    expect(hello).to.include({ run: execution.executionArn, first: 7, state: "Only", machine: "context" });
    expect(Date.parse(hello["at"] ?? "")).to.be.within(before, Date.now());
  });

  it("shows a branch the execution's input, and never retries a branch that was cut off", async () => {
    const execution = await run("branches", { n: 1 });
    expect(execution).to.include({ status: "FAILED", error: "TOO_BAD" });
    await new Promise((done) => setTimeout(done, 50));
    const busy = calls.filter(({ name }) => name === "busy");
    expect(busy.length).to.be.at.most(2);
    expect(busy[0]?.payload).to.deep.equal({ outer: { n: 1 } });
  });

  it("gives a function's error its name, and its report as the cause", async () => {
    const execution = await run("fails");
    expect(execution).to.include({ status: "FAILED", error: "TOO_BAD" });
    expect(JSON.parse(execution.cause ?? "")).to.deep.equal({ errorType: "TOO_BAD", errorMessage: "why", trace: [] });
  });

  it("ends tasks and executions at their timeouts", async () => {
    const [slowTask, slowRun] = await Promise.all([run("stuck"), run("late")]);
    expect(slowTask).to.include({ status: "FAILED", error: "States.Timeout" });
    expect(slowRun.status).to.equal("TIMED_OUT");
  });

  it("may call only the functions that its role allows", async () => {
    const execution = await run("denied");
    expect(execution).to.include({ status: "FAILED", error: "Lambda.AWSLambdaException" });
    expect(execution.cause).to.include(
      `is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn("secret")}`,
    );
    expect(calls).to.deep.equal([]);
  });

  it("fails a task of a service that is not served, and says which", async () => {
    const execution = await run("other");
    expect(execution.error).to.equal("States.TaskFailed");
    expect(execution.cause).to.include("arn:aws:states:::sns:publish");
  });

  it("knows the integration that names function and payload", async () => {
    expect((await run("integration", { a: 1 })).output).to.equal('{"hello":{"a":1}}');
  });

  it("keeps a history that the SDK reads", async () => {
    const { executionArn } = await run("branches");
    const { events: history = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(history.map(({ id }) => id)).to.deep.equal(history.map((_, index) => index + 1));
    expect(history[0]).to.deep.include({
      type: "ExecutionStarted",
      executionStartedEventDetails: { input: "{}", roleArn },
    });
    expect(history[1]?.stateEnteredEventDetails?.name).to.equal("Only");
    const failed = history.find(({ type }) => type === "LambdaFunctionFailed");
    expect(failed?.lambdaFunctionFailedEventDetails?.error).to.be.oneOf(["TOO_BAD", "Busy"]);
    expect(history.at(-1)?.executionFailedEventDetails?.error).to.equal("TOO_BAD");
    const { events: last = [] } = await client.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    );
    expect(last[0]?.type).to.equal("ExecutionFailed");
  });

  it("lists executions, newest first, by status and in pages", async () => {
    const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines.map(({ name }) => name)).to.include.members(["greet", "fails"]);
    const first = await run("fails", { n: 1 });
    const second = await run("fails", { n: 2 });
    const list = (more: object) => client.send(new ListExecutionsCommand({ stateMachineArn: arnOf("fails"), ...more }));
    const page = await list({ maxResults: 1, statusFilter: "FAILED" });
    expect(page.executions?.map(({ executionArn }) => executionArn)).to.deep.equal([second.executionArn]);
    const next = await list({ maxResults: 1, nextToken: page.nextToken });
    expect(next.executions?.[0]?.executionArn).to.equal(first.executionArn);
    expect((await list({ statusFilter: "RUNNING" })).executions).to.deep.equal([]);
    expect((await list({ redriveFilter: "NOT_REDRIVEN" })).executions?.length).to.be.at.least(2);
    expect((await list({ redriveFilter: "REDRIVEN" })).executions).to.deep.equal([]);
    const refused = [{ statusFilter: "LOST" }, { redriveFilter: "PERHAPS" }, { maxResults: 1001 }, { mapRunArn: "m" }];
    const names = await Promise.all(refused.map((more) => nameOfError(list(more))));
    expect(names).to.deep.equal([
      "ValidationException",
      "ValidationException",
      "ValidationException",
      "NotImplemented",
    ]);
  });

  it("shows a history without its data to those who ask for none", async () => {
    const { executionArn } = await run("fails", { secret: 1 });
    const history = async (more: object) =>
      (await client.send(new GetExecutionHistoryCommand({ executionArn, ...more }))).events ?? [];
    const [all, bare] = [await history({}), await history({ includeExecutionData: false })];
    expect(JSON.stringify(all)).to.include("secret");
    expect(JSON.stringify(bare)).not.to.include("secret");
    expect(bare.map(({ type }) => type)).to.deep.equal(all.map(({ type }) => type));
  });

  it("starts an execution of one name once", async () => {
    const start = (input: string) =>
      client.send(new StartExecutionCommand({ stateMachineArn: arnOf("forever"), name: "photo-1", input }));
    const first = await start("{}");
    expect((await start("{}")).executionArn).to.equal(first.executionArn);
    expect(await nameOfError(start('{"other":1}'))).to.equal("ExecutionAlreadyExists");
    await client.send(
      new StopExecutionCommand({ executionArn: first.executionArn, error: "Enough", cause: "by hand" }),
    );
    const stopped = await client.send(new DescribeExecutionCommand({ executionArn: first.executionArn }));
    expect(stopped).to.include({ status: "ABORTED", error: "Enough", cause: "by hand" });
    expect(await nameOfError(start("{}"))).to.equal("ExecutionAlreadyExists");
    expect(await nameOfError(start("{"))).to.equal("InvalidExecutionInput");
    expect(
      await nameOfError(client.send(new StartExecutionCommand({ stateMachineArn: arnOf("forever"), name: "a b" }))),
    ).to.equal("InvalidName");
    expect(
      await nameOfError(
        client.send(new DescribeStateMachineCommand({ stateMachineArn: "arn:aws:states:x:1:stateMachine:no" })),
      ),
    ).to.equal("StateMachineDoesNotExist");
    expect(
      await nameOfError(
        client.send(new DescribeExecutionCommand({ executionArn: "arn:aws:states:x:1:execution:no:no" })),
      ),
    ).to.equal("ExecutionDoesNotExist");
  });

  it("tells the bus of every change of status, and of an end until it is heard", async () => {
    busFails = 1;
    const { executionArn } = await run("fails", { n: 3 });
    while (machines.pending > 0 || events.length < 2) await new Promise((done) => setTimeout(done, 50));
    expect(events.map(({ detail }) => detail["status"])).to.deep.equal(["RUNNING", "FAILED"]);
    expect(events[1]).to.deep.include({
      source: "aws.states",
      "detail-type": "Step Functions Execution Status Change",
      resources: [executionArn],
    });
    expect(events[1]?.detail).to.include({
      executionArn,
      input: '{"n":3}',
      error: "TOO_BAD",
      stateMachineArn: arnOf("fails"),
    });
  });

  it("begins again what was under way when the process ended, with the same ARN and input", async () => {
    const { arn } = await machines.start(arnOf("forever"), '{"n":9}');
    while (!calls.some(({ name }) => name === "stuck")) await new Promise(setImmediate);
    await close();
    await open();
    expect(machines.execution(arn)?.status).to.equal("RUNNING");
    calls = [];
    await machines.resume();
    while (calls.length === 0) await new Promise(setImmediate);
    expect(calls).to.deep.equal([{ name: "stuck", payload: { n: 9 } }]);
    expect(machines.execution(arn)?.restarts).to.equal(1);
    const ids = machines.history(arn).map(({ id }) => id);
    expect(ids).to.deep.equal(ids.map((_, index) => index + 1));
    await machines.stop(arn);
    expect(machines.execution(arn)?.status).to.equal("ABORTED");
  });

  it("refuses a definition that breaks a rule, and one that it cannot run", async () => {
    const failure = async (definition: object): Promise<string> => {
      const folder = mkdtempSync(join(tmpdir(), "machines-"));
      return createMachines({
        identity,
        storage: folder,
        machines: [declare("bad", definition)],
        functions,
        authorizer: { authorize: () => undefined },
        emit: () => undefined,
      })
        .then(() => "none", messageOf)
        .finally(() => rmSync(folder, { recursive: true }));
    };
    expect(await failure({ StartAt: "A", States: { A: { Type: "Pass", Next: "B" } } })).to.match(
      /state machine bad is not valid/,
    );
    expect(await failure({ QueryLanguage: "JSONata", StartAt: "A", States: { A: { Type: "Succeed" } } })).to.equal(
      "State machine bad is written in JSONata, which the local mode does not know. Write it with JSONPath.",
    );
  });
});
