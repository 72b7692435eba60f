import { expect } from "chai";
import type { States } from "../../../handlers/machine";
import { scriptedEngine, scriptFaces } from "../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { readMachines } from "../../../packages/local-cloud/services/states/graph";
import { portrait } from "../../support/portraits";
import { programGraph, startPipeline, type Pipeline } from "../../support/with-cloud";
import { needs } from "../tools";
import { startMotoWorld, type Flow, type MotoWorld } from "./world";

/** A text without ids and times, which differ between two runs. */
const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/[0-9A-HJKMNP-TV-Z]{26}/g, "ID")
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
      .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, "TIME"),
  );

/** The rows without what a store or a clock makes up. */
const rowsOf = (rows: readonly object[]) =>
  comparable(rows.map((row) => ({ ...row, versionId: "", executionArn: "" })));

interface View {
  readonly uploads: readonly string[];
  readonly avatars: readonly string[];
  readonly keys: readonly string[];
  readonly faces: readonly string[];
}

/** For JSON.stringify: members by name, since DynamoDB keeps no order. */
const inOrder = (_name: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

async function viewOf(world: Pick<MotoWorld, "uploads" | "avatars" | "keys" | "faces">): Promise<View> {
  const sorted = (list: unknown) => (list as unknown[]).map((one) => JSON.stringify(one, inOrder)).sort();
  return {
    uploads: sorted(rowsOf(await world.uploads())),
    avatars: sorted(rowsOf(await world.avatars())),
    keys: sorted(comparable(await world.keys(""))),
    faces: sorted(comparable(await world.faces())),
  };
}

const localView = (pipeline: Pipeline) =>
  viewOf({
    uploads: () => pipeline.uploads(),
    avatars: () => pipeline.avatars(),
    keys: (prefix) => pipeline.keys(prefix, true),
    async faces() {
      const found = await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId });
      return (found.Faces ?? []).map(({ ExternalImageId: name = "" }) => name);
    },
  });

/** Every state of a machine, those in branches as well. */
const statesOf = (states: States): string[] =>
  Object.entries(states).flatMap(([name, { Branches: branches = [] }]) => [
    name,
    ...branches.flatMap((branch) => statesOf(branch.States)),
  ]);

describe("The functions' archives and the machine run in moto", () => {
  let world: MotoWorld;
  let pipeline: Pipeline;
  let photo: Buffer;
  const entered = new Set<string>();
  before(async function () {
    needs(this, "python3");
    [world, pipeline] = await Promise.all([startMotoWorld(), startPipeline({ engine: scriptedEngine() })]);
    photo = await portrait("A", { width: 240 });
  });
  after(async () => {
    await Promise.all([(world as MotoWorld | undefined)?.close(), (pipeline as Pipeline | undefined)?.close()]);
  });

  const of = (...persons: readonly object[]) => scriptFaces(photo, persons as never);
  const flow = async (input: object): Promise<Flow> => {
    const ended = await world.flow(input);
    for (const state of ended.states) entered.add(state);
    return ended;
  };

  const photos: readonly (readonly [what: string, key: string, make: () => Buffer, status: string, reason?: string])[] =
    [
      ["a good photo", "uploads/SV001/a.jpg", () => of({ person: "lan" }), "accepted"],
      ["a newer one of the same student", "uploads/SV001/b.jpg", () => of({ person: "lan" }), "accepted"],
      ["another student", "uploads/SV002/ảnh thẻ +1%.jpg", () => of({ person: "minh" }), "accepted"],
      ["another student's face", "uploads/SV003/a.jpg", () => of({ person: "lan" }), "rejected", "DUPLICATE_FACE"],
      ["no face", "uploads/SV004/a.jpg", () => of(), "rejected", "NO_FACE"],
      ["two faces", "uploads/SV005/a.jpg", () => of({ person: "a" }, { person: "b" }), "rejected", "MULTIPLE_FACES"],
      ["a file cut off", "uploads/SV006/a.jpg", () => photo.subarray(0, 2000), "rejected", "FILE_CORRUPT"],
      ["text", "uploads/SV007/a.jpg", () => Buffer.from("no photo"), "rejected", "FORMAT_MISMATCH"],
      ["a GIF", "uploads/SV008/a.gif", () => Buffer.from("GIF89a"), "rejected", "FORMAT_NOT_SUPPORTED"],
      ["nothing", "uploads/SV009/a.png", () => Buffer.alloc(0), "rejected", "FILE_CORRUPT"],
    ];
  for (const [what, key, make, status, reason] of photos) {
    it(`ends as in the local cloud with ${what}`, async () => {
      const [ended, row] = await Promise.all([world.put(key, make()).then(flow), pipeline.process(key, make())]);
      expect(row).to.include({ status, ...(reason === undefined ? {} : { reason }) });
      expect(ended.status).to.equal("SUCCEEDED");
      expect(ended.states.at(-1)).to.equal(status === "accepted" ? "Accepted" : "Rejected");
      expect(await viewOf(world)).to.deep.equal(await localView(pipeline));
      // The topics send a text to mail and the event to queues: their subject is the same.
      const [latest] = await pipeline.notices();
      const subjects = (await world.notices()).map((text) => text.split("\n")[0]);
      expect(subjects).to.deep.equal([latest?.subject]);
    });
  }

  it("ends at once for an event that comes again", async () => {
    const event = await world.put("uploads/SV010/a.jpg", of({ person: "hoa" }));
    expect((await flow(event)).states.at(-1)).to.equal("Accepted");
    expect((await flow(event)).states).to.deep.equal(["IsInterrupted", "ReceivePhoto", "IsClaimed", "AlreadyHandled"]);
    expect(await world.notices()).to.have.length(1);
  });

  it("retries a step that is throttled", async () => {
    world.fail("DetectFace", "Throttled", 2);
    const ended = await flow(await world.put("uploads/SV011/a.jpg", of({ person: "nam" })));
    expect(ended.states.at(-1)).to.equal("Accepted");
    expect(await world.notices()).to.have.length(1);
  });

  for (const step of ["CheckFormat", "CreateThumbnail", "IndexFace", "SaveMetadata"]) {
    it(`undoes everything and notifies if ${step} fails`, async () => {
      world.fail(step, "TypeError");
      const ended = await flow(await world.put(`uploads/${step}/a.jpg`, of({ person: step })));
      world.fail(step, undefined);
      expect(ended.status).to.equal("FAILED");
      expect(ended.states.slice(-4)).to.deep.equal(["Undo", "NotifyFailure", "Outcome", "Failed"]);
      expect((await world.uploads()).find(({ studentId }) => studentId === step)).to.include({ status: "failed" });
      expect((await world.faces()).filter((name) => name.startsWith(`${step}:`))).to.deep.equal([]);
      expect(await world.keys(`avatars/${step}/`)).to.deep.equal([]);
      const [notice] = await world.notices();
      expect(notice).to.include("Photo processing failed");
    });
  }

  it("keeps the avatar that is saved if DeleteOriginal fails", async () => {
    world.fail("DeleteOriginal", "TypeError");
    const ended = await flow(await world.put("uploads/SV016/a.jpg", of({ person: "em" })));
    world.fail("DeleteOriginal", undefined);
    expect(ended.states.at(-1)).to.equal("Failed");
    expect((await world.avatars()).map(({ studentId }) => studentId)).to.include("SV016");
    expect((await world.faces()).filter((name) => name.startsWith("SV016:"))).to.have.length(1);
    expect(await world.notices()).to.have.length(1);
  });

  it("goes on to the notice if Undo fails, and fails untold if the notice does", async () => {
    world.fail("DetectFace", "TypeError");
    world.fail("Undo", "TypeError");
    const told = await flow(await world.put("uploads/SV012/a.jpg", of({ person: "an" })));
    expect(told.states.slice(-4)).to.deep.equal(["Undo", "NotifyFailure", "Outcome", "Failed"]);
    world.fail("Undo", undefined);
    world.fail("NotifyFailure", "TypeError");
    const untold = await flow(await world.put("uploads/SV013/a.jpg", of({ person: "ba" })));
    expect(untold.states.slice(-3)).to.deep.equal(["Undo", "NotifyFailure", "Untold"]);
    for (const step of ["DetectFace", "NotifyFailure"]) world.fail(step, undefined);
  });

  it("closes an upload whose execution ended before its end", async () => {
    const event = await world.put("uploads/SV014/a.jpg", of({ person: "chi" }));
    const execution = `${world.names.stateMachineArn.replace(":stateMachine:", ":execution:")}:gone`;
    await world.invoke("ReceivePhoto", { event, execution });
    const ended = await flow({
      interrupted: {
        source: "aws.states",
        detail: { executionArn: execution, status: "TIMED_OUT", input: JSON.stringify(event) },
      },
    });
    expect(ended.states).to.include.members(["WaitForStragglers", "Undo", "NotifyFailure"]);
    expect((await world.uploads()).find(({ studentId }) => studentId === "SV014")).to.include({ status: "failed" });
  });

  it("enters every state of the machine", async () => {
    const [machine] = readMachines(await programGraph());
    const { States: states } = JSON.parse(machine?.definition ?? "{}") as { States: States };
    expect(statesOf(states).filter((state) => !entered.has(state))).to.deep.equal([]);
  });

  it("would show a notice that is missing", async () => {
    world.fail("NotifySuccess", "TypeError");
    const ended = await flow(await world.put("uploads/SV015/a.jpg", of({ person: "dao" })));
    world.fail("NotifySuccess", undefined);
    expect(ended.states.at(-1)).to.equal("Failed");
    expect(await viewOf(world)).to.not.deep.equal(await localView(pipeline));
  });
});
