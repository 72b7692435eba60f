import { expect } from "chai";
import fc from "fast-check";
import { notifySuccess, type NotifySuccessClients } from "../../handlers/7-notify-success/handler";
import type { Failures, Photo } from "../../handlers/contract/flow-data";
import { derivedId } from "../../handlers/stores/identify";
import { displayName, noticeOf } from "../../handlers/notices/notice";
import type { PipelineEvent } from "../../handlers/contract/pipeline-event";
import { reasonCodes, reasons } from "../../handlers/contract/reasons";
import { verdictOf } from "../../handlers/contract/verdict";
import { notifyFailure, type NotifyFailureClients } from "../../handlers/notify-failure/handler";
import { undo, type UndoClients } from "../../handlers/undo/handler";
import {
  aClaimedRow,
  anAvatar,
  anEvent,
  aPhoto,
  avatarTable,
  type Call,
  collectionId,
  errorOf,
  executionArn,
  noSleep,
  now,
  recorded,
  startTables,
  uploadIdAt,
  uploadTable,
  type Tables,
} from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });
const caught = (step: string, Error: string, errorMessage = "measured"): Failures => ({
  [step]: { Error, Cause: JSON.stringify({ errorType: Error, errorMessage, trace: [] }) },
});

describe("Undo", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(() => tables.clear());

  async function takeBack(
    failed: readonly Failures[],
    calls: Call[],
    faces: unknown[] = [],
    state: { photo?: Photo } = { photo },
  ) {
    const clients: UndoClients = {
      dynamodb: tables.dynamodb,
      rekognition: recorded<UndoClients["rekognition"]>(
        { deleteFaces: () => ({}), listFaces: () => ({ Faces: faces }) },
        calls,
      ),
      s3: recorded<UndoClients["s3"]>({ deleteObject: () => ({}), listObjectVersions: () => ({}) }, calls),
      sleep: noSleep,
    };
    const settings = { uploadTable, avatarTable, collectionId };
    return undo(settings, clients)({ event: anEvent(photo.key), execution: executionArn, state, failed });
  }
  const operations = (calls: readonly Call[]) => calls.map(({ operation }) => operation);

  it("has nothing to undo when nothing was claimed", async () => {
    const calls: Call[] = [];
    const failed = [caught("ReceivePhoto", "InvalidKey")];
    expect(await takeBack(failed, calls, [], {})).to.deep.equal({ owned: true });
    expect(calls).to.have.length(0);
  });

  it("takes back what a claim found that could not be told: what an earlier execution had made", async () => {
    const copy = aPhoto({ uploadId: derivedId(anEvent(photo.key)) });
    await tables.putUpload(aClaimedRow(copy, { face_id: { S: "mine" } }));
    const calls: Call[] = [];
    await takeBack([caught("ReceivePhoto", "InternalServerError")], calls, [], {});
    expect(operations(calls)).to.deep.equal(["deleteFaces", "listObjectVersions"]);
    expect(calls[1]?.input).to.deep.include({ Prefix: `avatars/SV001/${copy.uploadId}/` });
  });

  it("leaves alone what another execution has claimed, of which this one knows the event only", async () => {
    const copy = aPhoto({ uploadId: derivedId(anEvent(photo.key)), executionArn: "another" });
    await tables.putUpload(aClaimedRow(copy, { face_id: { S: "theirs" } }));
    const calls: Call[] = [];
    await takeBack([caught("ReceivePhoto", "InternalServerError")], calls, [], {});
    expect(calls).to.have.length(0);
  });

  it("gives up what was won with the face", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "mine" }, confirmed: { BOOL: true } }));
    await takeBack([caught("SaveMetadata", "AccessDeniedException")], []);
    expect(await tables.upload(photo.uploadId)).to.not.have.property("confirmed");
  });

  it("deletes the original of a photo that was refused, and keeps it when the fault is ours", async () => {
    await tables.putUpload(aClaimedRow(photo));
    const refused: Call[] = [];
    await takeBack([caught("DetectFace", "NO_FACE")], refused);
    expect(refused.find(({ operation }) => operation === "deleteObject")?.input).to.deep.equal({
      Bucket: "photos",
      Key: photo.key,
      VersionId: "v1",
    });
    const faulty: Call[] = [];
    await takeBack([caught("DetectFace", "AccessDeniedException")], faulty);
    expect(operations(faulty)).to.not.include("deleteObject");
  });

  it("records why a photo is refused before its original goes, and nothing where the fault is ours", async () => {
    await tables.putUpload(aClaimedRow(photo));
    await takeBack([caught("DetectFace", "AccessDeniedException")], []);
    expect(await tables.upload(photo.uploadId)).to.not.have.property("refused");
    await takeBack([caught("DetectFace", "NO_FACE")], []);
    const row = await tables.upload(photo.uploadId);
    expect(row?.["refused"]).to.deep.equal({ M: { step: { S: "DetectFace" }, reason: { S: "NO_FACE" } } });
    expect(row?.["status"]?.S).to.equal("processing");
  });

  it("removes the face that was recorded, without listing the collection", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "mine" } }));
    const calls: Call[] = [];
    await takeBack([caught("CreateThumbnail", "FILE_CORRUPT")], calls);
    expect(operations(calls)).to.deep.equal(["deleteFaces", "listObjectVersions", "deleteObject"]);
    expect(calls[0]?.input).to.deep.equal({ CollectionId: collectionId, FaceIds: ["mine"] });
  });

  it("finds the face of an IndexFace that died before it could record one", async () => {
    await tables.putUpload(aClaimedRow(photo, { steps: { M: { IndexFace: { S: now.toISOString() } } } }));
    const calls: Call[] = [];
    await takeBack([caught("IndexFace", "Sandbox.Timedout")], calls, [
      { FaceId: "another", ExternalImageId: `SV001:${uploadIdAt(3)}` },
      { FaceId: "mine", ExternalImageId: `SV001:${photo.uploadId}` },
      { FaceId: "foreign", ExternalImageId: "made by hand" },
    ]);
    expect(calls.find(({ operation }) => operation === "deleteFaces")?.input).to.deep.include({ FaceIds: ["mine"] });
  });

  it("leaves an earlier avatar of the student alone, even where it has the same face", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "shared" } }));
    await tables.putAvatar(anAvatar({ uploadId: uploadIdAt(2), faceId: "shared" }));
    const calls: Call[] = [];
    await takeBack([caught("SaveMetadata", "AccessDeniedException")], calls);
    expect(operations(calls)).to.deep.equal(["listObjectVersions"]);
    expect(calls[0]?.input).to.deep.include({ Prefix: `avatars/SV001/${photo.uploadId}/` });
  });

  it("does not take back an upload that has been saved, and removes what it replaced", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "new" } }));
    await tables.putAvatar(
      anAvatar({ uploadId: photo.uploadId, faceId: "new", replaces: [{ uploadId: uploadIdAt(2), faceId: "old" }] }),
    );
    const calls: Call[] = [];
    await takeBack([caught("NotifySuccess", "AccessDeniedException")], calls);
    expect(calls.find(({ operation }) => operation === "deleteFaces")?.input).to.deep.include({ FaceIds: ["old"] });
    expect((await tables.avatar("SV001"))?.["face_id"]?.S).to.equal("new");
  });

  it("touches nothing when the upload is another execution's by now", async () => {
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }, { face_id: { S: "theirs" } }));
    const calls: Call[] = [];
    expect(await takeBack([caught("IndexFace", "ClaimLost")], calls)).to.deep.equal({ owned: false });
    expect(calls).to.have.length(0);
  });
});

describe("An upload of a student who was erased meanwhile", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());

  it("is undone whole, found by its name, and nobody is told", async () => {
    const calls: Call[] = [];
    const failed = [caught("IndexFace", "ClaimLost")];
    const handle = undo(
      { uploadTable, avatarTable, collectionId },
      {
        dynamodb: tables.dynamodb,
        rekognition: recorded<UndoClients["rekognition"]>(
          {
            deleteFaces: () => ({}),
            listFaces: () => ({ Faces: [{ FaceId: "mine", ExternalImageId: `SV001:${photo.uploadId}` }] }),
          },
          calls,
        ),
        s3: recorded<UndoClients["s3"]>({ listObjectVersions: () => ({}) }, calls),
        sleep: noSleep,
      },
    );
    await handle({ event: anEvent(photo.key), execution: executionArn, state: { photo }, failed });
    expect(calls.map(({ operation }) => operation)).to.deep.equal(["listFaces", "deleteFaces", "listObjectVersions"]);
    const told = notifyFailure(
      { uploadTable, topicArn: "topic", rowDays: 30 },
      { dynamodb: tables.dynamodb, sns: recorded<NotifyFailureClients["sns"]>({}), now: () => now },
    )({ event: anEvent(photo.key), execution: executionArn, state: { photo }, failed });
    expect((await told).outcome).to.equal("already-handled");
    expect(await tables.upload(photo.uploadId)).to.equal(undefined);
  });
});

/** The event in the first publication. */
function eventIn(calls: readonly Call[]): object {
  const { Message } = calls[0]?.input as { Message: string };
  return JSON.parse((JSON.parse(Message) as { default: string }).default) as object;
}

describe("NotifyFailure", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(() => tables.clear());

  function tell(failed: readonly Failures[], calls: Call[], of: Photo | null = photo, event = anEvent(photo.key)) {
    const sns = recorded<NotifyFailureClients["sns"]>({ publish: () => ({}) }, calls);
    const handle = notifyFailure(
      { uploadTable, topicArn: "topic", rowDays: 30 },
      { dynamodb: tables.dynamodb, sns, now: () => now },
    );
    return handle({ event, execution: executionArn, state: of === null ? {} : { photo: of }, failed });
  }

  it("names the file by its own name where the key is named for the upload", async () => {
    await tables.putUpload(aClaimedRow(photo, { file_name: { S: "lan\nnguyen.jpg" } }));
    const calls: Call[] = [];
    await tell([caught("DetectFace", "NO_FACE", "0 faces")], calls);
    expect(eventIn(calls)).to.deep.include({ fileName: "lan nguyen.jpg" });
  });

  it("tells a person why a photo was refused and closes the row with the reason", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "gone" }, confirmed: { BOOL: true } }));
    const calls: Call[] = [];
    expect(await tell([caught("DetectFace", "NO_FACE", "0 faces")], calls)).to.deep.equal({
      outcome: "rejected",
      step: "DetectFace",
      reason: "NO_FACE",
      detail: "NO_FACE: 0 faces",
    });
    const row = (await tables.upload(photo.uploadId)) ?? {};
    expect(row).to.deep.include({ status: { S: "rejected" }, step: { S: "DetectFace" }, reason: { S: "NO_FACE" } });
    expect(row, "nothing for the next attempt to trip over").to.not.have.any.keys("face_id", "confirmed");
    const { input } = calls[0] as { input: { Subject: string; Message: string; MessageStructure: string } };
    expect(input.MessageStructure).to.equal("json");
    const { email, default: event } = JSON.parse(input.Message) as { email: string; default: string };
    expect(email).to.include(reasons.NO_FACE.remedy.vi).and.include(reasons.NO_FACE.remedy.en).and.include("SV001");
    expect(JSON.parse(event)).to.deep.include({ type: "avatar.rejected", schema: "1", reason: "NO_FACE" });
  });

  it("names the execution where the fault is ours", async () => {
    await tables.putUpload(aClaimedRow(photo));
    const calls: Call[] = [];
    const output = await tell([caught("IndexFace", "AccessDeniedException")], calls);
    expect(output).to.include({ outcome: "failed", reason: "INTERNAL" });
    expect((calls[0]?.input as { Message: string }).Message).to.include(executionArn);
  });

  it("tells it once when the answer to its last write was lost", async () => {
    await tables.putUpload(aClaimedRow(photo));
    const calls: Call[] = [];
    await tell([caught("DetectFace", "NO_FACE")], calls);
    await tell([caught("DetectFace", "NO_FACE")], calls);
    expect(calls).to.have.length(1);
  });

  it("says nothing about an upload that is another execution's by now", async () => {
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }));
    const calls: Call[] = [];
    expect((await tell([caught("IndexFace", "ClaimLost")], calls)).outcome).to.equal("already-handled");
    expect(calls).to.have.length(0);
  });

  it("says nothing against an upload that was told to be accepted", async () => {
    await tables.putUpload(aClaimedRow(photo, { status: { S: "accepted" } }));
    const calls: Call[] = [];
    expect((await tell([caught("NotifySuccess", "Unavailable")], calls)).outcome).to.equal("already-handled");
    expect(calls).to.have.length(0);
    expect((await tables.upload(photo.uploadId))?.["status"]?.S).to.equal("accepted");
  });

  it("gives an upload that could not be claimed a row of its own", async () => {
    const calls: Call[] = [];
    const event = anEvent("uploads/no student here.jpg");
    await tell([caught("ReceivePhoto", "InvalidKey")], calls, null, event);
    const rows = (await tables.dynamodb.scan({ TableName: uploadTable })).Items ?? [];
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({ status: { S: "failed" }, object_key: { S: "uploads/no student here.jpg" } });
    expect(rows[0]?.["expires_at"], "30 days, and not for ever").to.deep.equal({ N: "1774944000" });
    expect(calls).to.have.length(1);
  });

  it("keeps the row of an upload that could not be claimed for as long as any other", async () => {
    // The row of an upload that awaits its photo expires in two days: before the original does.
    const waiting = { ...aClaimedRow(photo, { status: { S: "awaiting-upload" }, expires_at: { N: "1772524800" } }) };
    delete waiting["execution_arn"];
    await tables.putUpload(waiting);
    await tell([caught("ReceivePhoto", "AccessDeniedException")], []);
    expect((await tables.upload(photo.uploadId))?.["expires_at"]).to.deep.equal({ N: "1774944000" });
  });
});

describe("The notice of an object whose key names no student", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());

  it("says which key it was, the rule and what to do, to people and to programs, and blames nobody else", async () => {
    const key = "uploads/two\nlines.jpg";
    const calls: Call[] = [];
    const sns = recorded<NotifyFailureClients["sns"]>({ publish: () => ({}) }, calls);
    const handle = notifyFailure(
      { uploadTable, topicArn: "topic", rowDays: 30 },
      { dynamodb: tables.dynamodb, sns, now: () => now },
    );
    const failed = [caught("ReceivePhoto", "InvalidKey")];
    await handle({ event: anEvent(key), execution: executionArn, state: {}, failed });
    const { Subject, Message } = calls[0]?.input as { Subject: string; Message: string };
    const { email, default: json } = JSON.parse(Message) as { email: string; default: string };
    expect(Subject)
      .to.include("Photo of no student")
      .and.satisfy((text: string) => text.length < 100);
    expect(email.split("\n")).to.include.members([
      "Đường dẫn (key): uploads/two lines.jpg",
      "Key: uploads/two lines.jpg",
      "Rule: uploads/{studentId}/{name}.jpg (or .jpeg, .png); studentId: 1–64: A-Z a-z 0-9 _ . -",
      "What to do: store the photo again under such a key, and delete the one above.",
      `Execution: ${executionArn}`,
    ]);
    expect(email).to.not.include(reasons.INTERNAL.title.en).and.not.include("student unknown");
    expect(JSON.parse(json)).to.include({ type: "avatar.failed", studentId: "unknown", reason: "INTERNAL", key });
  });
});

describe("NotifySuccess", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(() => tables.clear());

  function tell(
    calls: Call[],
    publish: () => unknown = () => ({}),
    dynamodb: NotifySuccessClients["dynamodb"] = tables.dynamodb,
  ) {
    const sns = recorded<NotifySuccessClients["sns"]>({ publish }, calls);
    const settings = { uploadTable, avatarTable, topicArn: "topic" };
    return notifySuccess(settings, { dynamodb, sns, now: () => now })({ photo });
  }

  it("tells that the avatar is there, then closes the row", async () => {
    await tables.putUpload(aClaimedRow(photo));
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const calls: Call[] = [];
    expect(await tell(calls)).to.deep.equal({ outcome: "accepted", processedAt: "2026-02-01T00:00:00.000Z" });
    expect((await tables.upload(photo.uploadId))?.["status"]?.S).to.equal("accepted");
    const { Message } = calls[0]?.input as { Message: string };
    const event = JSON.parse((JSON.parse(Message) as { default: string }).default) as object;
    expect(event).to.deep.include({ type: "avatar.accepted", uploadId: photo.uploadId, bucket: "photos" });
  });

  it("names the file by its own name where the key is named for the upload", async () => {
    await tables.putUpload(aClaimedRow(photo, { file_name: { S: "lan.jpg" } }));
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const calls: Call[] = [];
    await tell(calls);
    expect(eventIn(calls)).to.deep.include({ fileName: "lan.jpg" });
  });

  it("leaves the row open when nobody could be told", async () => {
    await tables.putUpload(aClaimedRow(photo));
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const failing = tell([], () => {
      throw Object.assign(new Error("slow down"), { name: "ThrottledException" });
    });
    await errorOf(failing);
    expect((await tables.upload(photo.uploadId))?.["status"]?.S).to.equal("processing");
  });

  it("tells it once when the answer to its last write was lost", async () => {
    await tables.putUpload(aClaimedRow(photo));
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const calls: Call[] = [];
    await tell(calls);
    await tell(calls);
    expect(calls).to.have.length(1);
  });

  it("is done when the SDK made its last write twice, and not when another execution has the upload", async () => {
    await tables.putUpload(aClaimedRow(photo));
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const twice: NotifySuccessClients["dynamodb"] = {
      getItem: (input: never) => tables.dynamodb.getItem(input),
      async updateItem(input: never) {
        await tables.dynamodb.updateItem(input);
        return tables.dynamodb.updateItem(input);
      },
    } as never;
    expect(await tell([], undefined, twice)).to.include({ outcome: "accepted" });
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }, { status: { S: "accepted" } }));
    expect((await errorOf(tell([], undefined, twice))).name).to.equal("ClaimLost");
  });
});

describe("The verdict", () => {
  it("lets a refusal in one branch decide over a fault in the other", () => {
    const verdict = verdictOf([caught("CreateThumbnail", "AccessDenied"), caught("IndexFace", "DUPLICATE_FACE")]);
    expect(verdict).to.include({ outcome: "rejected", step: "IndexFace", reason: "DUPLICATE_FACE" });
  });

  it("is a failure when Undo failed, whatever came before", () => {
    const verdict = verdictOf([{ ...caught("DetectFace", "NO_FACE"), ...caught("Undo", "AccessDenied") }]);
    expect(verdict).to.include({ outcome: "failed", step: "Undo", reason: "INTERNAL" });
  });

  it("reads any error and cause, and INTERNAL is never a refusal", () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (Error, Cause) => {
        const { outcome, reason } = verdictOf([{ Step: { Error, Cause } }]);
        expect(outcome === "rejected").to.equal(reason !== "INTERNAL");
      }),
    );
    expect(verdictOf([caught("X", "INTERNAL")]).outcome).to.equal("failed");
    expect(verdictOf([caught("X", "constructor")]).outcome).to.equal("failed");
    expect(verdictOf([]).outcome).to.equal("failed");
  });
});

describe("The notices", () => {
  const head = { schema: "1", uploadId: photo.uploadId, at: now.toISOString(), executionArn } as const;

  it("keep SNS's rules for subjects, whatever the student and the file are called", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(...reasonCodes),
        fc.constantFrom("avatar.rejected" as const, "avatar.failed" as const),
        (studentId, name, reason, type) => {
          const fileName = displayName(`uploads/x/${name}`);
          const refused: PipelineEvent = { ...head, type, studentId, fileName, step: "DetectFace", reason };
          const accepted: PipelineEvent = {
            ...head,
            type: "avatar.accepted",
            studentId,
            fileName,
            bucket: "b",
            thumbnails: { "64": "k" },
            processedAt: head.at,
          };
          for (const event of [refused, accepted]) {
            const { subject, text } = noticeOf(event);
            expect(subject.length).to.be.lessThan(100);
            // eslint-disable-next-line no-control-regex -- SNS forbids exactly these
            expect(subject).to.not.match(/[\u0000-\u001f\u007f]/);
            expect(text.split("\n").filter((line) => line.startsWith("Reason: ")).length).to.be.at.most(1);
          }
        },
      ),
    );
  });

  it("never tell the school to contact the school", () => {
    for (const reason of reasonCodes) {
      for (const type of ["avatar.rejected", "avatar.failed"] as const) {
        const { text } = noticeOf({ ...head, type, studentId: "SV001", fileName: "a.jpg", step: "DetectFace", reason });
        expect(text, reason).to.not.match(/contact the school|liên hệ nhà trường|báo cho nhà trường/);
      }
    }
  });

  it("has a title and a remedy in both languages for every reason", () => {
    for (const code of reasonCodes) {
      for (const locale of ["vi", "en"] as const) {
        expect(reasons[code].title[locale], `${code} ${locale}`).to.match(/^\p{Lu}.*[^.]$/u);
        expect(reasons[code].remedy[locale], `${code} ${locale}`).to.match(/^\p{Lu}.*\.$/u);
      }
    }
  });
});
