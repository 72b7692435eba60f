import { expect } from "chai";
import type { UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { receivePhoto, type ReceivePhotoClients } from "../../handlers/0-receive-photo/handler";
import type { FlowInput } from "../../handlers/contract/flow-data";
import { derivedId } from "../../handlers/stores/identify";
import { deleteUpload } from "../../handlers/stores/uploads";
import { errorOf } from "../support/errors";
import { type Call, recorded } from "../support/recorded";
import { anAvatar, anEvent, executionArn, now, uploadIdAt } from "../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../support/with-tables";

describe("ReceivePhoto", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  let deletions: Call[] = [];
  beforeEach(async () => {
    deletions = [];
    await tables.clear();
  });
  const versionsDeleted = () => deletions.map(({ input }) => (input as { VersionId?: string }).VersionId);

  const receive = (event: FlowInput, execution = executionArn) =>
    receivePhoto(
      { uploadTable, avatarTable, rowDays: 30 },
      {
        dynamodb: tables.dynamodb,
        s3: recorded<ReceivePhotoClients["s3"]>({ deleteObject: () => ({}) }, deletions),
        now: () => now,
      },
    )({ event, execution });

  const issued = uploadIdAt(5);
  const issuedKey = `uploads/SV001/${issued}.jpg`;
  const awaiting = { upload_id: { S: issued }, student_id: { S: "SV001" }, status: { S: "awaiting-upload" } };

  it("claims an upload that the server issued", async () => {
    await tables.putUpload({ ...awaiting, email: { S: "a@example.org" } });
    const output = await receive(anEvent(issuedKey));
    expect(output).to.deep.equal({
      claim: "claimed",
      photo: {
        bucket: "photos",
        key: issuedKey,
        versionId: "v1",
        etag: "etag",
        bytes: 1000,
        studentId: "SV001",
        uploadId: issued,
        uploadedAt: "2026-03-01T00:00:05.000Z",
        executionArn,
      },
    });
    const row = await tables.upload(issued);
    expect(row?.["status"]?.S).to.equal("processing");
    expect(row?.["claimed_at"]?.S).to.equal(now.toISOString());
    expect(row?.["email"]?.S, "what the API wrote stays").to.equal("a@example.org");
    expect(row?.["expires_at"]?.N).to.equal(String(now.getTime() / 1000 + 30 * 86_400));
  });

  it("lets a repeated event end as already handled", async () => {
    await tables.putUpload(awaiting);
    await receive(anEvent(issuedKey));
    expect(await receive(anEvent(issuedKey), `${executionArn}-2`)).to.deep.equal({ claim: "already-handled" });
  });

  it("lets one of twenty simultaneous events through", async () => {
    await tables.putUpload(awaiting);
    const outputs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => receive(anEvent(issuedKey), `${executionArn}-${i}`)),
    );
    expect(outputs.filter(({ claim }) => claim === "claimed")).to.have.length(1);
  });

  it("claims again for the same execution, as when the answer to its first claim was lost", async () => {
    await tables.putUpload(awaiting);
    await receive(anEvent(issuedKey));
    expect((await receive(anEvent(issuedKey))).claim).to.equal("claimed");
  });

  it("claims an upload that failed, so that an operator can start it again", async () => {
    await tables.putUpload({ ...awaiting, status: { S: "failed" }, reason: { S: "INTERNAL" } });
    expect((await receive(anEvent(issuedKey))).claim).to.equal("claimed");
    expect(await tables.upload(issued)).to.not.have.property("reason");
  });

  for (const status of ["accepted", "rejected"]) {
    it(`leaves an upload alone that was ${status}`, async () => {
      await tables.putUpload({ ...awaiting, status: { S: status } });
      expect(await receive(anEvent(issuedKey))).to.deep.equal({ claim: "already-handled" });
    });
  }

  it("goes on where an upload had been saved when its execution stopped", async () => {
    await tables.putUpload({ ...awaiting, status: { S: "failed" } });
    await tables.putAvatar(anAvatar({ uploadId: issued }));
    expect((await receive(anEvent(issuedKey))).claim).to.equal("saved");
  });

  for (const key of [
    "uploads/SV001/ảnh thẻ của tôi.jpg",
    "uploads/SV001/a+b%20c.jpg",
    "uploads/SV001/folder/photo.JPG",
  ]) {
    it(`derives the id of a plain copy: ${key}`, async () => {
      const output = await receive(anEvent(key));
      const expected = derivedId(anEvent(key));
      expect(output).to.have.nested.property("photo.uploadId", expected);
      expect((await tables.upload(expected))?.["student_id"]?.S).to.equal("SV001");
    });
  }

  it("deletes a second version under an issued key, and no other", async () => {
    await tables.putUpload(awaiting);
    await receive(anEvent(issuedKey));
    const before = await tables.upload(issued);
    const second = await receive(anEvent(issuedKey, { "version-id": "v2" }), `${executionArn}-2`);
    expect(second).to.deep.equal({ claim: "already-handled" });
    expect(deletions.map(({ input }) => input)).to.deep.equal([{ Bucket: "photos", Key: issuedKey, VersionId: "v2" }]);
    expect(await tables.upload(issued)).to.deep.equal(before);
  });

  it("deletes the photo of a student who was erased after the form was issued, and makes no row", async () => {
    expect(await receive(anEvent(issuedKey))).to.deep.equal({ claim: "already-handled" });
    expect(versionsDeleted()).to.deep.equal(["v1"]);
    expect(await tables.upload(issued)).to.equal(undefined);
  });

  it("does not bring back the row of a student who is erased between its read and its claim", async () => {
    await tables.putUpload(awaiting);
    const { dynamodb } = tables;
    const output = await receivePhoto(
      { uploadTable, avatarTable, rowDays: 30 },
      {
        dynamodb: {
          getItem: dynamodb.getItem.bind(dynamodb),
          updateItem: async (input: UpdateItemCommandInput) => {
            await deleteUpload(dynamodb, uploadTable, issued);
            return dynamodb.updateItem(input);
          },
        },
        s3: recorded<ReceivePhotoClients["s3"]>({ deleteObject: () => ({}) }, deletions),
        now: () => now,
      },
    )({ event: anEvent(issuedKey), execution: executionArn });
    expect(output).to.deep.equal({ claim: "already-handled" });
    expect(versionsDeleted()).to.deep.equal(["v1"]);
    expect(await tables.upload(issued)).to.equal(undefined);
  });

  it("takes one of two versions that were stored under an issued key at the same moment, and deletes the other", async () => {
    await tables.putUpload(awaiting);
    const outputs = await Promise.all(
      ["v1", "v2"].map((version, i) => receive(anEvent(issuedKey, { "version-id": version }), `${executionArn}-${i}`)),
    );
    expect(outputs.map(({ claim }) => claim)).to.have.members(["claimed", "already-handled"]);
    const kept = (await tables.upload(issued))?.["version_id"]?.S;
    expect([kept, ...versionsDeleted()]).to.have.members(["v1", "v2"]);
  });

  it("never gives the row of a version that failed to another version", async () => {
    await tables.putUpload(awaiting);
    await receive(anEvent(issuedKey));
    await tables.putUpload({ ...(await tables.upload(issued)), status: { S: "failed" } });
    const second = await receive(anEvent(issuedKey, { "version-id": "v2" }), `${executionArn}-2`);
    expect(second).to.deep.equal({ claim: "already-handled" });
    expect((await tables.upload(issued))?.["version_id"]?.S).to.equal("v1");
  });

  it("knows a plain copy by its version, whatever time whoever tells of it gives", async () => {
    const event = anEvent("uploads/SV001/copy.jpg");
    await receive(event);
    const foundLater = { ...event, time: "2026-03-01T07:59:58.000Z" };
    expect(await receive(foundLater, `${executionArn}-2`)).to.deep.equal({ claim: "already-handled" });
  });

  it("does not give one student's issued id to another's object", async () => {
    await tables.putUpload(awaiting);
    const output = await receive(anEvent(`uploads/SV002/${issued}.jpg`));
    expect(output).to.deep.equal({ claim: "already-handled" });
    expect(deletions.map(({ input }) => input)).to.have.deep.nested.property("[0].Key", `uploads/SV002/${issued}.jpg`);
    expect((await tables.upload(issued))?.["student_id"]?.S).to.equal("SV001");
  });

  it("has nothing to do for a folder of the console", async () => {
    expect(await receive(anEvent("uploads/SV001/"))).to.deep.equal({ claim: "already-handled" });
  });

  for (const key of ["uploads/photo.jpg", "uploads/Nguyễn Văn A/photo.jpg", `uploads/${"x".repeat(65)}/p.jpg`]) {
    it(`names the rule that a key breaks: ${key.slice(0, 40)}`, async () => {
      const error = await errorOf(receive(anEvent(key)));
      expect(error.name).to.equal("InvalidKey");
      expect(error.message)
        .to.include(derivedId(anEvent(key)))
        .and.include("uploads/{studentId}/{file name}");
    });
  }

  describe("for a photo that was refused and not told", () => {
    const refused = { refused: { M: { step: { S: "DetectFace" }, reason: { S: "NO_FACE" } } } };
    beforeEach(async () => {
      await tables.putUpload(awaiting);
      await receive(anEvent(issuedKey));
      await tables.putUpload({ ...(await tables.upload(issued)), ...refused });
    });

    it("leads the same execution, begun anew, to what it had come to, as often as it begins", async () => {
      for (const time of ["first", "second"]) {
        const output = await receive(anEvent(issuedKey));
        expect(output, time).to.deep.include({ claim: "interrupted" });
        expect(output, time).to.have.nested.property("failed.DetectFace.Error", "NO_FACE");
      }
    });

    it("leads the execution that closes it there as well", async () => {
      const input = JSON.stringify(anEvent(issuedKey));
      const output = await receive(
        { interrupted: { detail: { executionArn, status: "ABORTED", input } } },
        `${executionArn}-closing`,
      );
      expect(output).to.have.nested.property("failed.DetectFace.Error", "NO_FACE");
    });
  });

  describe("for an execution that was interrupted", () => {
    const interrupted = (status = "TIMED_OUT") => ({
      interrupted: { detail: { executionArn, status, input: JSON.stringify(anEvent(issuedKey)) } },
    });

    it("takes the upload over from Step Functions' own event, as a dead letter may hold it", async () => {
      await tables.putUpload(awaiting);
      await receive(anEvent(issuedKey));
      const output = await receive(interrupted().interrupted, `${executionArn}-closing`);
      expect(output.claim).to.equal("interrupted");
    });

    it("takes the upload over where the closing execution was itself a dead letter sent again", async () => {
      await tables.putUpload(awaiting);
      await receive(anEvent(issuedKey));
      const first = `${executionArn}-first`;
      expect((await receive(interrupted().interrupted, first)).claim).to.equal("interrupted");
      const input = JSON.stringify(interrupted().interrupted);
      const second = { interrupted: { detail: { executionArn: first, status: "ABORTED", input } } };
      expect((await receive(second, `${executionArn}-second`)).claim).to.equal("interrupted");
      expect((await tables.upload(issued))?.["execution_arn"]?.S).to.equal(`${executionArn}-second`);
    });

    it("has nothing to do where AWS left the input out: the nightly comparison closes the upload", async () => {
      const event = { interrupted: { detail: { executionArn, status: "ABORTED", input: null } } };
      expect(await receive(event, `${executionArn}-closing`)).to.deep.equal({ claim: "already-handled" });
    });

    it("takes the upload over and says at which step it stopped", async () => {
      await tables.putUpload(awaiting);
      await receive(anEvent(issuedKey));
      await tables.putUpload({ ...(await tables.upload(issued)), step: { S: "DetectFace" } });
      const output = await receive(interrupted(), `${executionArn}-closing`);
      expect(output.claim).to.equal("interrupted");
      expect(output).to.have.nested.property("failed.DetectFace.Error", "Interrupted");
      expect((await tables.upload(issued))?.["execution_arn"]?.S).to.equal(`${executionArn}-closing`);
    });

    it("has nothing to do when the upload had been closed", async () => {
      await tables.putUpload({ ...awaiting, status: { S: "failed" }, execution_arn: { S: executionArn } });
      expect((await receive(interrupted("FAILED"), `${executionArn}-closing`)).claim).to.equal("already-handled");
    });

    it("has nothing to do when another execution has the upload", async () => {
      await tables.putUpload(awaiting);
      await receive(anEvent(issuedKey), `${executionArn}-other`);
      expect((await receive(interrupted(), `${executionArn}-closing`)).claim).to.equal("already-handled");
    });
  });
});
