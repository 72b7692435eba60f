import { expect } from "chai";
import type { Failures, Photo } from "../../handlers/contract/flow-data";
import { reasons } from "../../handlers/contract/reasons";
import { notifyFailure, type NotifyFailureClients } from "../../handlers/notify-failure/handler";
import { caught } from "../support/errors";
import { type Call, eventIn, recorded } from "../support/recorded";
import { aClaimedRow, anEvent, aPhoto, executionArn, now, uploadIdAt } from "../support/rows";
import { startTables, type Tables, uploadTable } from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

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

  it("says nothing about an object under an issued key that is no upload", async () => {
    const calls: Call[] = [];
    expect((await tell([caught("ReceivePhoto", "Unavailable")], calls, null)).outcome).to.equal("already-handled");
    expect(calls).to.have.length(0);
    expect((await tables.dynamodb.scan({ TableName: uploadTable })).Count).to.equal(0);
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
    // As of a row that awaits its photo since long.
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
