import { expect } from "chai";
import type { Failures, Photo } from "../../handlers/contract/flow-data";
import { notifyFailure, type NotifyFailureClients } from "../../handlers/notify-failure/handler";
import { undo, type UndoClients } from "../../handlers/undo/handler";
import { caught } from "../support/errors";
import { type Call, noSleep, recorded } from "../support/recorded";
import { aClaimedRow, anAvatar, anEvent, aPhoto, executionArn, now, uploadIdAt } from "../support/rows";
import { avatarTable, collectionId, startTables, type Tables, uploadTable } from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

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
    await tables.putUpload({ ...aClaimedRow(photo), execution_arn: { S: "" }, status: { S: "awaiting-upload" } });
    const failed = [caught("ReceivePhoto", "InternalServerError")];
    expect(await takeBack(failed, calls, [], {})).to.deep.equal({ owned: true });
    expect(calls).to.have.length(0);
  });

  it("takes back what a claim found that could not be told: what an earlier execution had made", async () => {
    await tables.putUpload(aClaimedRow(photo, { face_id: { S: "mine" } }));
    const calls: Call[] = [];
    await takeBack([caught("ReceivePhoto", "InternalServerError")], calls, [], {});
    expect(operations(calls)).to.deep.equal(["deleteFaces", "listObjectVersions"]);
    expect(calls[1]?.input).to.deep.include({ Prefix: `avatars/SV001/${photo.uploadId}/` });
  });

  it("deletes an object under an issued key without a row, which ReceivePhoto could not", async () => {
    const calls: Call[] = [];
    await takeBack([caught("ReceivePhoto", "InternalServerError")], calls, [], {});
    expect(calls).to.deep.equal([
      { operation: "deleteObject", input: { Bucket: "photos", Key: photo.key, VersionId: "v1" } },
    ]);
  });

  it("leaves alone what another execution has claimed, of which this one knows the event only", async () => {
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }, { face_id: { S: "theirs" } }));
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
