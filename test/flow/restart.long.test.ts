import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Rekognition } from "@aws-sdk/client-rekognition";
import { S3 } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Item } from "../../handlers/stores/dynamodb";
import { openMailbox } from "../../packages/local-cloud/services/mail";
import { brokenPromises, takeSnapshot, type PutPhoto, type Stores } from "../chaos/invariants";
import { ended, repositoryProgram, serve, type Running, withoutNotice } from "../support/child-process";
import { noFace, portrait } from "../support/portraits";

/** The local mode as its own process, and clients of it. */
interface Service extends Stores {
  readonly running: Running;
  readonly url: string;
  /** Events undelivered and executions running. */
  pending(): Promise<number>;
  disconnect(): void;
}

interface Facts {
  readonly pending: number;
  readonly pipelines: readonly Pick<Stores, "photoBucket" | "avatarTable" | "uploadTable">[];
}

async function startService(data: string): Promise<Service> {
  const running = await serve(["--data", data, "--program", repositoryProgram()]);
  const { url } = running;
  const facts = async () => (await (await fetch(`${url}/_local`)).json()) as Facts;
  const [names] = (await facts()).pipelines;
  if (names === undefined) throw new Error("The local mode tells of no pipeline.");
  const config = {
    endpoint: url,
    region: "ap-southeast-1",
    credentials: running.credentials,
  };
  const clients = { s3: new S3(config), dynamodb: new DynamoDB(config), rekognition: new Rekognition(config) };
  const { CollectionIds: [collectionId = ""] = [] } = await clients.rekognition.listCollections({});
  return {
    ...names,
    ...clients,
    collectionId,
    running,
    url,
    pending: async () => (await facts()).pending,
    disconnect: () => Object.values(clients).forEach((client) => client.destroy()),
  };
}

/** The uploads of a round, and the time at which the service is killed. */
interface Round {
  readonly killed: string;
  /** The required content of one upload's row; by default it is enough that all are stored. */
  readonly when?: (row: Item) => boolean;
  readonly uploads: readonly (readonly [student: string, persons: readonly string[], photo: () => Promise<Buffer>])[];
}

const hasBegun = (step: string) => (row: Item) => row["steps"]?.M?.[step] !== undefined;

const rounds: readonly Round[] = [
  {
    killed: "right after they are stored",
    uploads: [
      ["SV1", ["A"], () => portrait("A")],
      ["SV2", ["B"], () => portrait("B", { format: "png" })],
      ["SV3", [], () => noFace()],
    ],
  },
  {
    killed: "when DetectFace has begun",
    when: hasBegun("DetectFace"),
    uploads: [
      ["SV4", ["C"], () => portrait("C")],
      ["SV5", ["C"], () => portrait("C", { mirrored: true })],
    ],
  },
  {
    killed: "when IndexFace has begun",
    when: hasBegun("IndexFace"),
    uploads: [
      ["SV6", ["D"], () => portrait("D", { rotatedExif: 6 })],
      ["SV1", ["A"], () => portrait("A", { recrop: true })],
    ],
  },
  {
    killed: "when DeleteOriginal has begun",
    when: hasBegun("DeleteOriginal"),
    uploads: [
      ["SV7", ["E"], () => portrait("E")],
      ["SV8", ["B"], () => portrait("B", { mirrored: true })],
    ],
  },
  {
    killed: "when a refusal is on record and the photo about to go",
    when: (row) => row["refused"] !== undefined,
    uploads: [["SV9", [], () => noFace()]],
  },
];

describe("The local mode, killed with uploads in flight", () => {
  let data: string;
  let service: Service | undefined;
  const photos: PutPhoto[] = [];
  before(() => {
    data = mkdtempSync(join(tmpdir(), "restart-"));
  });
  after(() => {
    service?.disconnect();
    if (service?.running.child.exitCode === null) service.running.child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  });

  async function upload(to: Service, { uploads }: Round, round: number): Promise<readonly PutPhoto[]> {
    const made = await Promise.all(uploads.map(([, , photo]) => photo()));
    return Promise.all(
      uploads.map(async ([student, persons], index): Promise<PutPhoto> => {
        const key = `uploads/${student}/${round}.${made[index]?.[0] === 0x89 ? "png" : "jpg"}`;
        const stored = await to.s3.putObject({
          Bucket: to.photoBucket,
          Key: key,
          Body: made[index] ?? Buffer.alloc(0),
        });
        return { key, versionId: stored.VersionId ?? "", student, persons, isBroken: false };
      }),
    );
  }

  /** Waits until one of the uploads has reached that point, or all have ended without being seen there. */
  async function until(at: Service, sent: readonly PutPhoto[], isThere: (row: Item) => boolean): Promise<void> {
    for (;;) {
      const { Items = [] } = await at.dynamodb.scan({ TableName: at.uploadTable, ConsistentRead: true });
      const own = Items.filter((row) => sent.some(({ versionId }) => versionId === row["version_id"]?.S));
      if (own.some(isThere)) return;
      if (own.length === sent.length && own.every((row) => row["ended_at"] !== undefined)) return;
      await sleep(2);
    }
  }

  for (const [index, round] of rounds.entries()) {
    it(`starts again on its folder, killed with ${round.uploads.length} in flight ${round.killed}`, async () => {
      service ??= await startService(data);
      const sent = await upload(service, round, index + 1);
      photos.push(...sent);
      if (round.when !== undefined) await until(service, sent, round.when);
      const gone = once(service.running.child, "exit");
      service.running.child.kill("SIGKILL");
      await gone;
      service.disconnect();
      expect(existsSync(join(data, "lock"))).to.equal(true);
      service = await startService(data);
    });
  }

  it("brings every upload to its end, keeps every promise, and ends cleanly at SIGTERM", async () => {
    const last = service as Service;
    while ((await last.pending()) > 0) await sleep(50);
    const snapshot = await takeSnapshot(last);
    const end = ended(last.running);
    last.disconnect();
    last.running.child.kill("SIGTERM");
    const { status, stderr } = await end;
    expect(status, stderr).to.equal(0);
    expect(withoutNotice(stderr)).to.equal("");
    expect(existsSync(join(data, "lock"))).to.equal(false);

    const mailbox = await openMailbox({ folder: join(data, "mail") });
    const told = await Promise.all(mailbox.list({ limit: 1000 }).map(({ id }) => mailbox.get(id)));
    await mailbox.close();
    const notices = told.flatMap((mail) => {
      const uploadId = /^Upload: (\w+)$/m.exec(mail?.text ?? "")?.[1] ?? "";
      const type = /Profile photo accepted/.test(mail?.subject ?? "")
        ? ("avatar.accepted" as const)
        : /Photo not accepted/.test(mail?.subject ?? "")
          ? ("avatar.rejected" as const)
          : ("avatar.failed" as const);
      return [{ type, uploadId }];
    });
    // A kill between a mail and its record sends the mail twice: the promise is to notify at least once.
    expect(brokenPromises(snapshot, photos, notices, true)).to.deep.equal([]);
    expect(snapshot.uploads).to.have.length(photos.length);
    const endings = (student: string) =>
      snapshot.uploads.filter((row) => row.studentId === student).map((row) => row.reason ?? row.status);
    for (const student of ["SV2", "SV6", "SV7"]) expect(endings(student), student).to.deep.equal(["accepted"]);
    expect(endings("SV1")).to.deep.equal(["accepted", "accepted"]);
    for (const student of ["SV3", "SV9"]) expect(endings(student), student).to.deep.equal(["NO_FACE"]);
    expect(endings("SV8")).to.deep.equal(["DUPLICATE_FACE"]);
    expect([...endings("SV4"), ...endings("SV5")].sort()).to.deep.equal(["DUPLICATE_FACE", "accepted"]);
    expect(snapshot.avatars).to.have.length(5);
    // By keys: an execution killed between a thumbnail and its record makes the thumbnail again, as another version.
    expect(new Set(snapshot.thumbnails.map(({ key }) => key))).to.have.length(15);
  });
});
