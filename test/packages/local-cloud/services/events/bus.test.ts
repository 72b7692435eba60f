import { expect } from "chai";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

import {
  eventsService,
  newEvent,
  openEventBus,
  type DeclaredTarget,
  type EventBus,
  type EventBusOptions,
} from "../../../../../packages/local-cloud/services/events";
import { createFaultInjector } from "../../../../../packages/local-cloud/faults";
import { cloudError } from "../../../../../packages/local-cloud/gateway/service";
import { identity, roleAllowing, startCloud } from "../../gateway/helpers";
import { errorOf } from "../../../../support/errors";

const uploaded = (key: string) =>
  newEvent(identity, { source: "aws.s3", detailType: "Object Created", detail: { object: { key } } });
const ruleArn = "arn:aws:events:ap-southeast-1:000000000000:rule/uploads";

describe("the event bus", () => {
  let folder: string;
  let bus: EventBus | undefined;
  let delivered: string[];
  const dropped: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "events-"));
    delivered = [];
    dropped.length = 0;
  });
  afterEach(async () => {
    await bus?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const target = (more: Partial<DeclaredTarget> = {}): DeclaredTarget => ({
    id: "machine",
    arn: "arn:machine",
    inputPath: "$.detail.object.key",
    deliver: (input) => Promise.resolve(void delivered.push(JSON.parse(input) as string)),
    ...more,
  });
  const open = async (targets: DeclaredTarget[], more: Partial<EventBusOptions> = {}): Promise<EventBus> => {
    const pattern = JSON.stringify({ source: ["aws.s3"], detail: { object: { key: [{ prefix: "uploads/" }] } } });
    const rules = [{ name: "uploads", arn: ruleArn, pattern, targets }];
    bus = await openEventBus({ folder, rules, retryDelay: () => 1, onDrop: (line) => dropped.push(line), ...more });
    return bus;
  };

  it("hands an event to every target of the rules that take it", async () => {
    const bus = await open([target(), target({ id: "second" })]);
    bus.start();
    await bus.publish(uploaded("uploads/a"));
    await bus.publish(uploaded("avatars/a"));
    await bus.idle();
    expect(delivered).to.deep.equal(["uploads/a", "uploads/a"]);
  });

  it("leaves a disabled rule alone", async () => {
    const rules = [{ name: "off", arn: ruleArn, pattern: { source: ["aws.s3"] }, enabled: false, targets: [target()] }];
    const bus = await open([], { rules });
    await bus.publish(uploaded("uploads/a"));
    expect(bus.pending).to.equal(0);
  });

  it("tries again until the target takes it", async () => {
    let attempts = 0;
    const bus = await open([
      target({
        deliver: (_input, { attempt }) => {
          attempts = attempt;
          return attempt < 4 ? Promise.reject(cloudError("ThrottlingException", 400, "slow")) : Promise.resolve();
        },
      }),
    ]);
    bus.start();
    await bus.publish(uploaded("uploads/a"));
    await bus.idle();
    expect(attempts).to.equal(4);
    expect(dropped).to.deep.equal([]);
  });

  it("gives what it could not deliver to the dead letter queue, with the reason", async () => {
    const dead: { body: string; attributes: Record<string, string> }[] = [];
    const deadLetter: DeclaredTarget["deadLetter"] = (body, attributes) =>
      Promise.resolve(void dead.push({ body, attributes: { ...attributes } }));
    const bus = await open([
      target({ id: "retried", maximumRetryAttempts: 2, deadLetter, deliver: () => Promise.reject(new Error("down")) }),
      target({ id: "denied", deadLetter, deliver: () => Promise.reject(cloudError("AccessDenied", 403, "not you")) }),
      target({ id: "old", maximumEventAgeInSeconds: 0, deadLetter, deliver: () => Promise.reject(new Error("down")) }),
    ]);
    bus.start();
    await bus.publish(uploaded("uploads/a"));
    await bus.idle();
    const said = dead.map(
      ({ body, attributes: { ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION } }) =>
        [body, ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION].join(" "),
    );
    expect(said).to.have.members([
      '"uploads/a" INTERNAL_ERROR down 2 MaximumRetryAttempts',
      '"uploads/a" AccessDenied not you 0 NonRetryable',
      '"uploads/a" INTERNAL_ERROR down 0 MaximumEventAgeInSeconds',
    ]);
    expect(dead[0]?.attributes).to.include({ RULE_ARN: ruleArn, TARGET_ARN: "arn:machine" });
  });

  it("says so when an event is lost for want of a dead letter queue", async () => {
    const bus = await open([
      target({ deliver: () => Promise.reject(cloudError("StateMachineDoesNotExist", 400, "gone")) }),
    ]);
    bus.start();
    const event = uploaded("uploads/a");
    await bus.publish(event);
    await bus.idle();
    expect(dropped).to.deep.equal([
      `The event ${event.id} is lost: rule uploads could not hand it to arn:machine and has no dead letter queue. gone`,
    ]);
  });

  it("delivers after a restart what was accepted before it", async () => {
    const before = await open([target()]);
    await before.publish(uploaded("uploads/a"));
    await before.close();
    expect((await errorOf(before.publish(uploaded("uploads/b")))).message).to.include("closed");
    const after = await open([target()]);
    expect(after.pending).to.equal(1);
    after.start();
    await after.idle();
    expect(delivered).to.deep.equal(["uploads/a"]);
  });

  it("does not wait for a retry when it closes, and makes it after a restart", async () => {
    let failed: () => void = () => undefined;
    const failure = new Promise<void>((resolve) => (failed = resolve));
    const down = target({ deliver: () => Promise.reject(new Error("down")).finally(failed) });
    const before = await open([down], { retryDelay: () => 3_600_000 });
    before.start();
    await before.publish(uploaded("uploads/a"));
    await failure;
    await before.close();
    const after = await open([target()]);
    after.start();
    await after.idle();
    expect(delivered).to.deep.equal(["uploads/a"]);
  });

  it("loses nothing of what was accepted when its process is killed", async () => {
    const other = fork(join(__dirname, "publisher-process"), [folder], { silent: true });
    const accepted: string[] = [];
    other.on("message", (key: string) => {
      accepted.push(key);
      if (accepted.length === 100) other.kill("SIGKILL");
    });
    await once(other, "close");
    const bus = await open([target()]);
    bus.start();
    await bus.idle();
    expect(accepted.length).to.be.at.least(100);
    expect(delivered).to.include.members(accepted);
  });

  it("keeps a thousand events at once apart", async () => {
    const bus = await open([target()]);
    bus.start();
    const keys = Array.from({ length: 1000 }, (_, i) => `uploads/${i}`);
    await Promise.all(keys.map((key) => bus.publish(uploaded(key))));
    await bus.idle();
    expect(delivered.sort()).to.deep.equal(keys.sort());
  });

  describe("under faults", () => {
    const deliverFault = (fault: object, more: object = {}) => {
      const faults = createFaultInjector();
      faults.use({ rules: [{ service: "events", operation: "Deliver", caller: "uploads", ...more, fault }] });
      return faults;
    };

    it("delivers an event several times", async () => {
      const bus = await open([target()], {
        faults: deliverFault({ kind: "duplicateEvent", copies: 2, milliseconds: [0, 5] }),
      });
      bus.start();
      await bus.publish(uploaded("uploads/a"));
      await bus.idle();
      expect(delivered).to.deep.equal(["uploads/a", "uploads/a", "uploads/a"]);
    });

    it("lets a later event overtake an earlier one", async () => {
      const faults = deliverFault({ kind: "reorderEvents", milliseconds: 50 }, { calls: [1] });
      const bus = await open([target()], { faults });
      bus.start();
      await bus.publish(uploaded("uploads/first"));
      await bus.publish(uploaded("uploads/second"));
      await bus.idle();
      expect(delivered).to.deep.equal(["uploads/second", "uploads/first"]);
    });

    it("delivers again what was delivered but whose answer was lost", async () => {
      const bus = await open([target()], { faults: deliverFault({ kind: "dropAnswer" }, { calls: [1] }) });
      bus.start();
      await bus.publish(uploaded("uploads/a"));
      await bus.idle();
      expect(delivered).to.deep.equal(["uploads/a", "uploads/a"]);
    });
  });

  it("takes events of a program's own by PutEvents", async () => {
    const rules = [
      { name: "own", arn: ruleArn, pattern: { source: ["school"] }, targets: [target({ inputPath: "$.detail.n" })] },
    ];
    const bus = await open([], { rules });
    const publisher = roleAllowing(
      "publisher",
      ["events:PutEvents"],
      ["arn:aws:events:ap-southeast-1:000000000000:event-bus/default"],
    );
    const cloud = await startCloud({
      services: [eventsService({ identity, bus })],
      roles: [publisher, roleAllowing("other", ["s3:*"], ["*"])],
    });
    bus.start();
    const entry = { Source: "school", DetailType: "Enrolled" };
    const put = new PutEventsCommand({
      Entries: [
        { ...entry, Detail: '{"n":1}' },
        { ...entry, Detail: "[]" },
        { ...entry, Detail: "{}", Source: "aws.s3" },
        { ...entry, Detail: "{}", EventBusName: "other" },
      ],
    });
    const answer = await new EventBridgeClient(cloud.client(publisher.arn)).send(put);
    await bus.idle();
    expect(delivered).to.deep.equal([1]);
    expect(answer.FailedEntryCount).to.equal(3);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).to.deep.equal([
      undefined,
      "MalformedDetail",
      "NotAuthorizedForSourceException",
      "ResourceNotFoundException",
    ]);
    const other = new EventBridgeClient(cloud.client("arn:aws:iam::000000000000:role/other"));
    expect((await errorOf(other.send(put))).name).to.equal("AccessDeniedException");
    await cloud.gateway.close();
  });
});
