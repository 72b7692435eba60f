import { expect } from "chai";
import type { AvatarRow } from "../../handlers/stores/avatars";
import { externalImageId } from "../../handlers/contract/keys";
import { derivedId } from "../../handlers/stores/identify";
import type { ReconcileInput } from "../../handlers/reconcile/findings";
import { reconcile } from "../../handlers/reconcile/handler";
import type { ReconcileClients, ReconcileSettings } from "../../handlers/reconcile/stock";
import { type Call, recorded } from "../support/recorded";
import { aClaimedRow, anAvatar, anEvent, aPhoto, executionArn, now, uploadIdAt } from "../support/rows";
import { avatarTable, collectionId, startTables, type Tables, uploadTable } from "../support/with-tables";

/**
 * Comparisons while uploads go on: changes between the listing of one store and that of the next. For an idle pipeline,
 * test/flow/reconcile.test.ts tests the findings and their fixes against the services.
 */
const settings: ReconcileSettings & { functionName: string } = {
  uploadTable,
  avatarTable,
  collectionId,
  photoBucket: "photos",
  stateMachineArn: "arn:aws:states:ap-southeast-1:000000000000:stateMachine:flow",
  duplicateSimilarity: 95,
  graceMinutes: 15,
  searchSeconds: 60,
  searchPauseMilliseconds: 250,
  functionName: "reconcile",
};

interface Object {
  readonly Key: string;
  readonly VersionId: string;
  readonly IsLatest?: boolean;
  readonly LastModified?: Date;
}

/** The contents of the stores beside the tables; a test changes them while the comparison runs. */
class World {
  faces: { FaceId: string; ExternalImageId: string }[] = [];
  versions: Object[] = [];
  markers: Object[] = [];
  /** By execution; AWS has forgotten an execution that is missing here. */
  executions: Record<string, string> = {};
  /** Called before each answer, with the operation's name. */
  before: (operation: string, input: Record<string, unknown>) => Promise<void> | void = () => undefined;
  search: (faceId: string) => unknown = () => ({ FaceMatches: [] });
  clock = now.getTime();
  readonly printed: Record<string, unknown>[] = [];
  readonly calls: Call[] = [];

  clients(tables: Tables): ReconcileClients {
    const answering =
      <Input extends Record<string, unknown>>(operation: string, answer: (input: Input) => unknown) =>
      async (input: Input) => {
        await this.before(operation, input);
        return answer(input);
      };
    return {
      dynamodb: tables.dynamodb,
      rekognition: recorded<ReconcileClients["rekognition"]>(
        {
          listFaces: answering("listFaces", ({ FaceIds }: { FaceIds?: string[] }) => ({
            Faces: this.faces.filter(({ FaceId }) => FaceIds === undefined || FaceIds.includes(FaceId)),
          })),
          searchFaces: answering("searchFaces", ({ FaceId }: { FaceId: string }) => this.search(FaceId)),
          deleteFaces: answering("deleteFaces", () => ({})),
          indexFaces: answering("indexFaces", () => ({ FaceRecords: [{ Face: { FaceId: "indexed-again" } }] })),
        },
        this.calls,
      ),
      s3: recorded<ReconcileClients["s3"]>(
        {
          listObjectVersions: answering("listObjectVersions", ({ Prefix }: { Prefix: string }) => ({
            Versions: this.versions
              .filter(({ Key }) => Key.startsWith(Prefix))
              .map((version) => ({ IsLatest: true, LastModified: new Date(0), ...version })),
            DeleteMarkers: this.markers
              .filter(({ Key }) => Key.startsWith(Prefix))
              .map((marker) => ({ IsLatest: true, ...marker })),
          })),
          deleteObject: answering("deleteObject", () => ({})),
          deleteObjects: answering("deleteObjects", () => ((this.versions = []), {})),
        },
        this.calls,
      ),
      sfn: recorded<ReconcileClients["sfn"]>(
        {
          describeExecution: answering("describeExecution", ({ executionArn: arn }: { executionArn: string }) => {
            const status = this.executions[arn];
            if (status !== undefined) return { status };
            throw Object.assign(new Error("It does not exist."), { name: "ExecutionDoesNotExist" });
          }),
          startExecution: answering("startExecution", () => ({})),
        },
        this.calls,
      ),
      now: () => new Date(this.clock),
      sleep: (milliseconds) => {
        this.clock += milliseconds;
        return Promise.resolve();
      },
      print: (line) => void this.printed.push(JSON.parse(line) as Record<string, unknown>),
    };
  }
}

describe("Reconcile, while uploads go on", () => {
  let tables: Tables;
  let world: World;
  const log = console.log;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    world = new World();
    console.log = () => undefined;
  });
  afterEach(() => (console.log = log));

  const run = (input: ReconcileInput = { fix: true }) => reconcile(settings, world.clients(tables))(input);
  const changing = () =>
    world.calls.map(({ operation }) => operation).filter((operation) => /^(delete|index|start)/.test(operation));

  /** A student's complete avatar. */
  async function aWholeAvatar(changes: Partial<AvatarRow> = {}): Promise<AvatarRow> {
    const avatar = anAvatar({ faceId: `face-of-${changes.studentId ?? "SV001"}`, ...changes });
    await tables.putAvatar(avatar);
    hold(avatar);
    return avatar;
  }
  function hold({ studentId, uploadId, faceId, thumbnails }: AvatarRow): void {
    world.faces.push({ FaceId: faceId, ExternalImageId: externalImageId(studentId, uploadId) });
    world.versions.push(...Object.values(thumbnails).map((Key) => ({ Key, VersionId: "v" })));
  }

  it("takes nothing for missing that came after its store had been listed", async () => {
    const avatar = anAvatar();
    world.before = async (operation, input) => {
      // After the thumbnails, before the rows: the upload is accepted.
      if (operation === "listObjectVersions" && input["Prefix"] === "uploads/") {
        await tables.putAvatar(avatar);
        hold(avatar);
      }
    };
    for (const fix of [false, true]) {
      world.faces = [];
      world.versions = [];
      await tables.clear();
      expect((await run({ fix })).findings).to.deep.equal([]);
    }
    expect(changing()).to.deep.equal([]);
  });

  it("takes nothing for left over that its upload removed itself meanwhile", async () => {
    const photo = aPhoto();
    world.faces = [{ FaceId: "gone", ExternalImageId: externalImageId(photo.studentId, photo.uploadId) }];
    world.versions = [{ Key: `avatars/${photo.studentId}/${photo.uploadId}/64.jpg`, VersionId: "v" }];
    await tables.putUpload(aClaimedRow(photo, { status: { S: "rejected" } }));
    world.before = (_, input) => {
      if (input["Prefix"] !== "uploads/") return;
      world.faces = [];
      world.versions = [];
    };
    expect((await run()).findings).to.deep.equal([]);
    expect(changing()).to.deep.equal([]);
  });

  it("takes no upload for interrupted that ended while its execution was asked for", async () => {
    const photo = aPhoto();
    await tables.putUpload(aClaimedRow(photo));
    world.before = async (operation) => {
      if (operation !== "describeExecution") return;
      world.executions[executionArn] = "SUCCEEDED";
      await tables.putUpload(aClaimedRow(photo, { status: { S: "accepted" } }));
    };
    expect((await run()).findings).to.deep.equal([]);
    expect(changing()).to.deep.equal([]);
  });

  it("starts no photo that was erased, or taken by an execution, after the originals had been listed", async () => {
    const Key = "uploads/SV001/a.jpg";
    const original = { Key, VersionId: "v1" };
    world.versions = [original];
    expect((await run({})).findings.map(({ kind }) => kind)).to.deep.equal(["upload-not-started"]);
    const uploadId = derivedId(anEvent(Key));
    const meanwhile: (() => unknown)[] = [
      () => (world.versions = []),
      () => world.markers.push({ Key, VersionId: "m1" }),
      () => tables.putUpload(aClaimedRow(aPhoto({ uploadId }))),
    ];
    for (const change of meanwhile) {
      world.versions = [original];
      world.markers = [];
      let listings = 0;
      world.before = async (operation) => {
        // The first two listings are of the thumbnails and the originals; the third is the second check of this
        // original.
        if (operation === "listObjectVersions" && ++listings === 3) await change();
      };
      expect((await run()).findings).to.deep.equal([]);
    }
    expect(changing()).to.deep.equal([]);
  });

  it("leaves photos alone that came within the last 15 minutes, that were deleted, and the console's folders", async () => {
    world.versions = [
      { Key: "uploads/SV001/young.jpg", VersionId: "v1", LastModified: new Date(now.getTime() - 60_000) },
      { Key: "uploads/SV001/deleted.jpg", VersionId: "v1", IsLatest: false },
      { Key: "uploads/SV001/", VersionId: "v1" },
    ];
    world.markers = [{ Key: "uploads/SV001/deleted.jpg", VersionId: "m1" }];
    expect((await run()).findings).to.deep.equal([]);
  });

  it("deletes nothing below avatars/ that no upload can have made", async () => {
    world.versions = [
      { Key: "avatars/legacy/2019/photo.jpg", VersionId: "v1" },
      { Key: "avatars/index.html", VersionId: "v1" },
    ];
    expect((await run()).findings).to.deep.equal([]);
    expect(changing()).to.deep.equal([]);
  });

  it("deletes a further object under an issued key, and one without a row, instead of starting them", async () => {
    const taken = aPhoto({ uploadId: uploadIdAt(1) });
    await tables.putUpload(aClaimedRow(taken, { object_key: { S: taken.key } }));
    world.executions[executionArn] = "RUNNING";
    const erased = `uploads/SV002/${uploadIdAt(2)}.jpg`;
    const awaited = uploadIdAt(3);
    await tables.putUpload({ upload_id: { S: awaited }, student_id: { S: "SV003" }, status: { S: "awaiting-upload" } });
    world.versions = [
      { Key: taken.key, VersionId: "v1", IsLatest: false },
      { Key: taken.key, VersionId: "v2" },
      { Key: erased, VersionId: "v1" },
      { Key: `uploads/SV003/${awaited}.jpg`, VersionId: "v1" },
    ];
    const { findings } = await run();
    expect(findings.map(({ kind, studentId, fixed }) => [kind, studentId, fixed])).to.have.deep.members([
      ["original-left-over", "SV001", true],
      ["original-left-over", "SV002", true],
      ["upload-not-started", "SV003", true],
    ]);
    const deleted = world.calls.filter(({ operation }) => operation === "deleteObject").map(({ input }) => input);
    expect(deleted).to.have.deep.members([
      { Bucket: "photos", Key: taken.key, VersionId: "v2" },
      { Bucket: "photos", Key: erased, VersionId: "v1" },
    ]);
  });

  it("goes on after what cannot be mended, and says why", async () => {
    world.faces = [{ FaceId: "left", ExternalImageId: externalImageId("SV009", uploadIdAt(1)) }];
    world.markers = [{ Key: "uploads/SV009/a.jpg", VersionId: "m1" }];
    world.before = (operation) => {
      if (operation === "deleteObject") throw Object.assign(new Error("no right to"), { name: "AccessDenied" });
    };
    const { findings } = await run();
    expect(findings.map(({ kind, fixed, problem }) => [kind, fixed, problem])).to.deep.equal([
      ["original-left-over", false, "AccessDenied: no right to"],
      ["face-left-over", true, undefined],
    ]);
    expect(world.printed).to.have.length(1);
    expect(world.printed[0]).to.deep.include({ FunctionName: "reconcile", DifferencesFound: 2, DifferencesLeft: 1 });
  });

  describe("finding more than erasing ever leaves", () => {
    const students = Array.from({ length: 11 }, (_, index) => `SV1${String(index).padStart(2, "0")}`);
    const leave = (from: readonly string[]) => {
      for (const studentId of from) hold(anAvatar({ studentId, uploadId: uploadIdAt(5), faceId: `of-${studentId}` }));
    };
    const left = ({ findings }: Awaited<ReturnType<typeof run>>) =>
      findings.filter(({ fixed }) => !fixed).map(({ studentId, problem }) => [studentId, problem?.slice(0, 46)]);

    it("deletes nothing of students of whom the tables know nothing, and leaves the alarm to tell", async () => {
      leave(students);
      const report = await run();
      expect(changing()).to.deep.equal([]);
      const problem = "Unaccounted: No row accounts for the leftovers";
      const both = [...students, ...students].map((studentId) => [studentId, problem]);
      expect(left(report)).to.have.deep.members(both);
      expect(world.printed[0]).to.deep.include({ DifferencesFound: 22, DifferencesLeft: 22 });
    });

    it("deletes it when it is told to, and without a word where it is of 10 students", async () => {
      leave(students);
      expect(left(await run({ fix: true, deleteUnaccounted: true }))).to.deep.equal([]);
      world = new World();
      leave(students.slice(1));
      expect(left(await run())).to.deep.equal([]);
      expect(changing()).to.include("deleteFaces").and.include("deleteObjects");
    });

    it("deletes what rows account for, of however many students: an outage leaves the faces of a whole class", async () => {
      for (const [index, studentId] of students.entries()) {
        const uploadId = uploadIdAt(index);
        hold(anAvatar({ studentId, uploadId }));
        // Some failed, and some were replaced since.
        if (index < 5) {
          await tables.putUpload(aClaimedRow(aPhoto({ studentId, uploadId }), { status: { S: "failed" } }));
        } else await aWholeAvatar({ studentId, uploadId: uploadIdAt(59) });
      }
      const report = await run();
      expect(report.findings.filter(({ kind }) => kind === "face-left-over")).to.have.length(11);
      expect(left(report)).to.deep.equal([]);
    });

    it("deletes nothing of students whose row is older than what was accepted, as after a restore", async () => {
      for (const [index, studentId] of students.entries()) {
        const newer = anAvatar({ studentId, uploadId: uploadIdAt(20 + index) });
        const row = { status: { S: "accepted" }, uploaded_at: { S: newer.uploadedAt } };
        await tables.putUpload(aClaimedRow(aPhoto({ studentId, uploadId: newer.uploadId }), row));
        await aWholeAvatar({ studentId, uploadId: uploadIdAt(1) });
        hold(newer);
      }
      expect(left(await run())).to.have.length(22);
      expect(changing()).to.deep.equal([]);
    });
  });

  it("measures nothing when it is only to report", async () => {
    world.faces = [{ FaceId: "left", ExternalImageId: externalImageId("SV009", uploadIdAt(1)) }];
    expect((await run({})).findings).to.have.length(1);
    expect(world.printed).to.deep.equal([]);
  });

  describe("searching for faces", () => {
    const searches = () => world.calls.filter(({ operation }) => operation === "searchFaces").length;

    it("searches once for each that is new, and again for one that was replaced or put back", async () => {
      const first = await aWholeAvatar();
      await aWholeAvatar({ studentId: "SV002" });
      const input = { fix: true, searchNewFaces: true };
      expect((await run(input)).searched).to.deep.equal({ done: 2, left: 0 });
      expect((await run(input)).searched).to.deep.equal({ done: 0, left: 0 });
      world.faces = world.faces.filter(({ FaceId }) => FaceId !== first.faceId);
      expect((await run(input)).searched).to.deep.equal({ done: 0, left: 0 });
      world.faces.push({ FaceId: "indexed-again", ExternalImageId: externalImageId("SV001", first.uploadId) });
      expect((await run(input)).searched).to.deep.equal({ done: 1, left: 0 });
      expect(searches()).to.equal(3);
    });

    it("remembers nothing when it is only to report", async () => {
      await aWholeAvatar();
      for (const time of ["first", "second"]) {
        expect((await run({ searchNewFaces: true })).searched, time).to.deep.equal({ done: 1, left: 0 });
      }
      expect(await tables.avatar("SV001")).to.not.have.property("searched_at");
    });

    it("waits while Rekognition throttles, ends in time, and leaves the rest to the next run", async () => {
      for (const student of ["SV001", "SV002", "SV003"]) await aWholeAvatar({ studentId: student });
      let calls = 0;
      world.search = () => {
        calls += 1;
        if (calls === 2) return { FaceMatches: [] };
        throw Object.assign(new Error("slower"), { name: "ProvisionedThroughputExceededException" });
      };
      expect((await run({ fix: true, searchFaces: true })).searched).to.deep.equal({ done: 1, left: 2 });
      expect(world.clock - now.getTime()).to.be.within(60_000, 62_250);
      // All of them again, the least recently searched first.
      world.search = () => ({ FaceMatches: [] });
      world.clock += 1000;
      expect((await run({ fix: true, searchFaces: true })).searched).to.deep.equal({ done: 3, left: 0 });
      const wanted = world.calls
        .filter(({ operation }) => operation === "searchFaces")
        .map(({ input }) => (input as { FaceId: string }).FaceId);
      expect(wanted.slice(-3)).to.not.deep.equal([]);
      expect(wanted.at(-1), "the one that was searched for comes last").to.equal(wanted[1]);
    });

    it("finds a pair from either side, once, under whoever came later, and not when one has gone since", async () => {
      const earlier = await aWholeAvatar({ studentId: "SV001", faceId: "a", processedAt: "2026-01-01T00:00:00.000Z" });
      const later = await aWholeAvatar({ studentId: "SV002", faceId: "b", processedAt: "2026-01-02T00:00:00.000Z" });
      const match = ({ studentId, uploadId, faceId }: AvatarRow) => ({
        Face: { FaceId: faceId, ExternalImageId: externalImageId(studentId, uploadId) },
      });
      for (const sides of ["a", "b", "ab"]) {
        world.search = (faceId) =>
          sides.includes(faceId) ? { FaceMatches: [match(faceId === "a" ? later : earlier)] } : { FaceMatches: [] };
        const { findings } = await run({ searchFaces: true });
        expect(findings.map(({ kind, studentId, subject, fixed }) => [kind, studentId, subject, fixed])).to.deep.equal([
          ["faces-match", "SV002", "SV001", false],
        ]);
      }
      world.before = async (operation) => {
        if (operation !== "searchFaces") return;
        await tables.putAvatar({ ...later, faceId: "c" });
      };
      expect((await run({ searchFaces: true })).findings).to.deep.equal([]);
    });

    it("waits for a face that Rekognition does not know yet, and does not take it for searched if it stays unknown", async () => {
      await aWholeAvatar();
      let left = 99;
      world.search = () => {
        left -= 1;
        if (left < 0) return { FaceMatches: [] };
        const message = "faceId was not found in the collection.";
        throw Object.assign(new Error(message), { name: "InvalidParameterException" });
      };
      const searchedAt = async () => (await tables.avatar("SV001"))?.["searched_at"];
      expect((await run({ fix: true, searchNewFaces: true })).findings).to.deep.equal([]);
      expect(await searchedAt()).to.equal(undefined);
      left = 2;
      await run({ fix: true, searchNewFaces: true });
      expect(await searchedAt()).not.to.equal(undefined);
    });
  });
});
