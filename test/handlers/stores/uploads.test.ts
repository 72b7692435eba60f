import { expect } from "chai";
import type { UploadStatus } from "../../../handlers/contract/upload-status";
import type { Item } from "../../../handlers/stores/dynamodb";
import {
  addAwaited,
  beginStep,
  claimUpload,
  closeAccepted,
  closeRefused,
  confirmUpload,
  everyUpload,
  getUpload,
  recordFace,
  recordMail,
  recordRefusal,
  uploadsOfStudent,
  withdrawConfirmation,
  yieldTo,
  type UploadRow,
} from "../../../handlers/stores/uploads";
import { errorOf } from "../../support/errors";
import { aClaimedRow, aPhoto, now, uploadIdAt } from "../../support/rows";
import { startTables, type Tables, uploadTable } from "../../support/with-tables";

/** Against the tables of a real DynamoDB engine, since only an engine evaluates the conditions. */
describe("The uploads store", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  beforeEach(() => tables.clear());
  after(() => tables.close());

  const photo = aPhoto();
  const another = { ...photo, executionArn: `${photo.executionArn}-another` };
  const ended: readonly UploadStatus[] = ["accepted", "rejected", "failed"];
  const put = (more: Item = {}) => tables.putUpload(aClaimedRow(photo, more));
  const item = () => tables.upload(photo.uploadId);
  const row = () => getUpload(tables.dynamodb, uploadTable, photo.uploadId);

  const ownWrites: readonly (readonly [string, (by: typeof photo) => Promise<unknown>])[] = [
    ["beginStep", (by) => beginStep(tables.dynamodb, uploadTable, by, "DetectFace", now)],
    ["recordFace", (by) => recordFace(tables.dynamodb, uploadTable, by, "face")],
    ["confirmUpload", (by) => confirmUpload(tables.dynamodb, uploadTable, by)],
    ["withdrawConfirmation", (by) => withdrawConfirmation(tables.dynamodb, uploadTable, by)],
    [
      "recordRefusal",
      (by) => recordRefusal(tables.dynamodb, uploadTable, by, { step: "DetectFace", reason: "NO_FACE" }),
    ],
    ["closeAccepted", (by) => closeAccepted(tables.dynamodb, uploadTable, by, now.toISOString())],
  ];

  for (const [name, write] of ownWrites) {
    it(`lets ${name} change nothing but an own upload on its way`, async () => {
      const error = await errorOf(write(photo));
      expect([error.name, error.message], "without a row").to.deep.equal([
        "ClaimLost",
        `Upload ${photo.uploadId} has ended or belongs to another execution.`,
      ]);
      expect(await item(), "no row is made").to.equal(undefined);
      for (const [why, by, more] of [
        ["another execution's", another, {}],
        ...ended.map((status) => [status, photo, { status: { S: status } }] as const),
      ] as const) {
        await put({ confirmed: { BOOL: true }, ...more });
        const before = await item();
        expect((await errorOf(write(by))).name, why).to.equal("ClaimLost");
        expect(await item(), why).to.deep.equal(before);
      }
      await put();
      await write(photo);
    });
  }

  it("records that a step began, what an attempt saw first, and forgets a face on demand", async () => {
    await put({ face_id: { S: "old" }, confirmed: { BOOL: true } });
    const begin = (insteadOf: string) =>
      beginStep(tables.dynamodb, uploadTable, photo, "SaveMetadata", now, { insteadOf });
    expect(await begin("first")).to.deep.include({ confirmed: true, insteadOf: "first" });
    expect(await begin("second"), "the first sight stays").to.deep.include({ confirmed: true, insteadOf: "first" });
    expect((await row())?.faceId).to.equal("old");
    await beginStep(tables.dynamodb, uploadTable, photo, "IndexFace", now, { forgetFace: true });
    expect(await row()).to.deep.include({
      step: "IndexFace",
      steps: { SaveMetadata: now.toISOString(), IndexFace: now.toISOString() },
      faceId: undefined,
    });
  });

  it("lets of two rivals only one be confirmed, whichever comes first", async () => {
    await put();
    expect(await yieldTo(tables.dynamodb, uploadTable, photo.uploadId, "winner")).to.equal(true);
    expect(await confirmUpload(tables.dynamodb, uploadTable, photo)).to.equal(false);
    expect(await row()).to.deep.include({ confirmed: false, yieldedTo: "winner" });
    await put();
    expect(await confirmUpload(tables.dynamodb, uploadTable, photo)).to.equal(true);
    expect(await yieldTo(tables.dynamodb, uploadTable, photo.uploadId, "winner")).to.equal(false);
    expect(await row()).to.deep.include({ confirmed: true, yieldedTo: undefined });
  });

  it("makes no upload yield that has ended, and no row of one that is gone", async () => {
    expect(await yieldTo(tables.dynamodb, uploadTable, photo.uploadId, "winner")).to.equal(false);
    expect(await item()).to.equal(undefined);
    for (const status of [...ended, "awaiting-upload"]) {
      await put({ status: { S: status } });
      expect(await yieldTo(tables.dynamodb, uploadTable, photo.uploadId, "winner"), status).to.equal(false);
    }
  });

  const claims: readonly (readonly [string, Item | undefined, undefined | "interrupted", boolean])[] = [
    ["without a row, of an erased student", undefined, undefined, false],
    ["that is awaited", { status: { S: "awaiting-upload" } }, undefined, true],
    ["that failed", { status: { S: "failed" } }, undefined, true],
    ["that is its own", {}, undefined, true],
    ["that is another execution's", { execution_arn: { S: "another" } }, undefined, false],
    ["that was accepted", { status: { S: "accepted" } }, undefined, false],
    ["that was rejected", { status: { S: "rejected" } }, undefined, false],
    ["that is of another version", { version_id: { S: "v2" }, status: { S: "failed" } }, undefined, false],
    ["of the execution that it closes", { execution_arn: { S: "interrupted" } }, "interrupted", true],
    ["of a third execution while it closes one", { execution_arn: { S: "third" } }, "interrupted", false],
    ["that failed before the execution that it closes ended", { status: { S: "failed" } }, "interrupted", false],
  ];
  for (const [which, more, interruptedArn, isHad] of claims) {
    it(`${isHad ? "lets" : "does not let"} an execution claim an upload ${which}`, async () => {
      if (more !== undefined) await put(more);
      const before = await row();
      const claim = { interruptedArn, now, rowDays: 30 };
      const claimed = await claimUpload(tables.dynamodb, uploadTable, photo, claim);
      expect(claimed).to.deep.equal(isHad ? before : false);
      const expected: Partial<UploadRow> = { status: "processing", executionArn: photo.executionArn };
      if (isHad) expect(await row()).to.deep.include(expected);
      else expect(await row()).to.deep.equal(before);
    });
  }

  it("lets an execution claim a plain copy, which has no row yet", async () => {
    const copy = { ...photo, key: `uploads/${photo.studentId}/lan.jpg` };
    const claim = { interruptedArn: undefined, now, rowDays: 30 };
    expect(await claimUpload(tables.dynamodb, uploadTable, copy, claim)).to.equal(undefined);
    expect(await row()).to.deep.include({ status: "processing", objectKey: copy.key });
  });

  it("closes a refused upload that is its own or nobody's, and clears it for the next attempt", async () => {
    const end = {
      outcome: "failed",
      step: "IndexFace",
      reason: "INTERNAL",
      at: now.toISOString(),
      rowDays: 30,
    } as const;
    const close = () => closeRefused(tables.dynamodb, uploadTable, photo, end);
    await close();
    expect(await row(), "nobody could claim it").to.deep.include({ status: "failed", steps: {} });
    const left = { confirmed: { BOOL: true }, yielded_to: { S: "winner" }, face_id: { S: "face" } };
    await put({ ...left, refused: { M: { step: { S: "a" }, reason: { S: "b" } } } });
    await close();
    expect(await item()).not.to.have.any.keys("face_id", "confirmed", "yielded_to", "refused");
    expect((await item())?.["expires_at"]).to.deep.equal({ N: String(now.getTime() / 1000 + 30 * 86_400) });
    await tables.putUpload(aClaimedRow(another));
    expect((await errorOf(close())).name).to.equal("ClaimLost");
  });

  it("keeps the row of an awaited upload as long as any other, so that it outlasts the photo", async () => {
    const { uploadId, studentId } = photo;
    await addAwaited(tables.dynamodb, uploadTable, { uploadId, studentId, createdAt: now, rowDays: 30 });
    expect(await item()).to.deep.equal({
      upload_id: { S: uploadId },
      student_id: { S: studentId },
      status: { S: "awaiting-upload" },
      created_at: { S: now.toISOString() },
      expires_at: { N: String(now.getTime() / 1000 + 30 * 86_400) },
    });
  });

  it("records a mail on a row that is there, and makes none that has expired", async () => {
    await recordMail(tables.dynamodb, uploadTable, photo.uploadId, "avatar.accepted");
    expect(await item()).to.equal(undefined);
    await put();
    await recordMail(tables.dynamodb, uploadTable, photo.uploadId, "avatar.accepted");
    expect((await row())?.mailed).to.equal("avatar.accepted");
  });

  it("lists every row, a student's and a key's", async () => {
    const others = [2, 3].map((second) => aPhoto({ studentId: `SV00${second}`, uploadId: uploadIdAt(second) }));
    for (const each of [photo, ...others]) {
      await tables.putUpload(aClaimedRow(each, { object_key: { S: each.key } }));
    }
    const ids = async (rows: AsyncIterable<UploadRow>) => {
      const found: string[] = [];
      for await (const { uploadId } of rows) found.push(uploadId);
      return found.sort();
    };
    const all = [photo, ...others].map(({ uploadId }) => uploadId).sort();
    expect(await ids(everyUpload(tables.dynamodb, uploadTable))).to.deep.equal(all);
    expect(await ids(uploadsOfStudent(tables.dynamodb, uploadTable, "SV002"))).to.deep.equal([uploadIdAt(2)]);
  });
});
