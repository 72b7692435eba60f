import { expect } from "chai";
import { aboutOf } from "../../../../packages/local-cloud/console/about";
import { transition, transitionsOf, visitsOf, type Visit } from "../../../../packages/local-cloud/console/runs";
import { words } from "../../../../packages/cli/console/words";
import { failure, startFixture, type Fixture } from "./fixture";

describe("The way of an execution, read from its history", () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await startFixture()));
  afterEach(() => fixture.close());

  async function run(): Promise<readonly Visit[]> {
    const arn = await fixture.upload("sv0001");
    await fixture.settled();
    return visits(arn);
  }
  function visits(arn: string): readonly Visit[] {
    const execution = fixture.machines.execution(arn);
    if (!execution) throw new Error(`${arn} is not there`);
    return visitsOf(execution, fixture.machines.history(arn));
  }
  const named = (all: readonly Visit[], name: string): Visit | undefined => all.find((visit) => visit.name === name);

  it("has each state with its type, times, input and output", async () => {
    const all = await run();
    expect(all.map(({ name }) => name)).to.have.members([
      ...["IsInterrupted", "ReceivePhoto", "IsClaimed", "CheckFormat", "DetectFace", "CheckDuplicate", "Process"],
      ...["CreateThumbnail", "IndexFace", "IsProcessed", "SaveMetadata", "DeleteOriginal", "NotifySuccess", "Accepted"],
    ]);
    expect(new Set(all.map(({ status }) => status))).to.deep.equal(new Set(["succeeded"]));
    for (const visit of all) expect(visit.endedAt, visit.name).to.be.at.least(visit.enteredAt);
    const detect = named(all, "DetectFace");
    expect(detect?.type).to.equal("Task");
    expect(JSON.parse(detect?.attempts[0]?.input ?? "")).to.have.keys("photo", "format");
    expect(JSON.parse(detect?.attempts[0]?.output ?? "")).to.have.keys("box", "confidence");
    expect(JSON.parse(detect?.output ?? "")).to.have.property("face");
  });

  it("knows which states are the branches of a Parallel", async () => {
    const all = await run();
    const parallel = named(all, "Process")?.id;
    expect(all.filter(({ parent }) => parent === parallel).map(({ name }) => name)).to.have.members([
      "CreateThumbnail",
      "IndexFace",
    ]);
    expect(named(all, "IsProcessed")?.parent).to.equal(undefined);
  });

  it("counts attempts, each with its error", async () => {
    let calls = 0;
    fixture.answer("CheckDuplicate", () => {
      if (calls++ < 2) throw Object.assign(new Error("Rate exceeded"), { name: "Throttled" });
      return {};
    });
    const visit = named(await run(), "CheckDuplicate");
    expect(visit?.attempts.map((attempt) => attempt.failure?.error)).to.deep.equal([
      "Throttled",
      "Throttled",
      undefined,
    ]);
    expect(visit?.status).to.equal("succeeded");
    expect(visit?.failure).to.equal(undefined);
  });

  it("tells a judgement from a fault", async () => {
    fixture.answer("DetectFace", failure("NO_FACE", "no face"));
    const arn = await fixture.upload("sv0001", "a.jpg");
    await fixture.settled();
    const execution = fixture.machines.execution(arn);
    if (!execution) throw new Error("The execution is not there");
    const all = visits(arn);
    expect(named(all, "DetectFace")).to.deep.include({ status: "caught" });
    const input = fixture.machines.history(arn)[0]?.details?.["input"];
    expect(aboutOf(execution, all, input, words)).to.deep.include({
      subject: { name: "sv0001", detail: "a.jpg" },
      light: "refused",
      word: "Rejected",
      state: "Rejected",
    });
  });

  it("names student and file of the upload that an execution closes for another", () => {
    const execution = { arn: "a", name: "a", machineArn: "m", status: "SUCCEEDED", startDate: 1, restarts: 0 } as const;
    const created = { detail: { bucket: { name: "b" }, object: { key: "uploads/sv0001/a.jpg", size: 1, etag: "e" } } };
    const ended = (input: string) => ({ detail: { executionArn: "b", status: "TIMED_OUT", input } });
    // As started by the rule on execution status, and as started by an operator from the dead-letter queue.
    const closing = { interrupted: ended(JSON.stringify(created)) };
    for (const input of [closing, ended(JSON.stringify(created)), { interrupted: ended(JSON.stringify(closing)) }]) {
      const { subject } = aboutOf(execution, [], JSON.stringify(input), words);
      expect(subject).to.deep.equal({ name: "sv0001", detail: "a.jpg" });
    }
  });

  for (const input of ["", "null", "[]", '{"interrupted":null}', '{"interrupted":{"detail":{"input":"no JSON"}}}']) {
    it(`names neither for an input that names no object: ${input === "" ? "none at all" : input}`, () => {
      const execution = { arn: "a", name: "a", machineArn: "m", status: "FAILED", startDate: 1, restarts: 0 } as const;
      expect(aboutOf(execution, [], input, words).subject).to.deep.equal({});
    });
  }

  it("ends in the failed state with the execution's error", async () => {
    fixture.answer("DetectFace", failure("TypeError", "x is not a function"));
    fixture.answer("NotifyFailure", () => ({ outcome: "failed" }));
    const last = (await run()).at(-1);
    expect(last).to.deep.include({ name: "Failed", type: "Fail", status: "failed" });
    expect(last?.failure?.error).to.equal("INTERNAL");
  });

  it("shows a running state as running, and what was stopped as stopped", async () => {
    const release = fixture.hold("DetectFace");
    const arn = await fixture.upload("sv0001");
    while (!named(visits(arn), "DetectFace")) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(named(visits(arn), "DetectFace")?.status).to.equal("running");
    await fixture.machines.stop(arn, "Enough", "by hand");
    expect(named(visits(arn), "DetectFace")?.status).to.equal("stopped");
    release();
  });

  it("knows the ways that were taken, also that of an error", async () => {
    fixture.answer("SaveMetadata", failure("TypeError", "x"));
    const ways = transitionsOf(await run());
    expect(ways).to.include(transition("IsClaimed", "CheckFormat"));
    expect(ways).to.include(transition("Process", "IsProcessed"));
    expect(ways).to.include(transition("SaveMetadata", "Undo"));
    expect(ways).not.to.include(transition("SaveMetadata", "DeleteOriginal"));
  });

  it("keeps the rounds apart when the local mode was ended and began again", () => {
    const execution = { arn: "a", name: "a", machineArn: "m", status: "RUNNING", startDate: 1, restarts: 1 } as const;
    const started = (id: number) => ({ id, previousEventId: 0, timestamp: id, type: "ExecutionStarted" });
    const entered = (id: number) => ({
      id,
      previousEventId: id - 1,
      timestamp: id,
      type: "TaskStateEntered",
      details: { name: "One" },
    });
    const all = visitsOf(execution, [started(1), entered(2), started(3), entered(4)]);
    expect(all.map(({ status }) => status)).to.deep.equal(["stopped", "running"]);
  });
});
