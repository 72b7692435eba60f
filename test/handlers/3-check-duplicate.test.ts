import { expect } from "chai";
import { checkDuplicate, type CheckDuplicateClients } from "../../handlers/3-check-duplicate/handler";
import type { Photo } from "../../handlers/contract/flow-data";
import { errorOf } from "../support/errors";
import { type Call, recorded, unused } from "../support/recorded";
import { aClaimedRow, aMatch, anAvatar, aPhoto, aPlainFormat, now, uploadIdAt } from "../support/rows";
import { avatarTable, collectionId, startTables, type Tables, uploadTable } from "../support/with-tables";

const settings = { uploadTable, avatarTable, collectionId, duplicateSimilarity: 95 };
const mine = aPhoto({ studentId: "SV001", uploadId: uploadIdAt(10) });
const theirs = (second: number): Photo =>
  aPhoto({ studentId: "SV002", uploadId: uploadIdAt(second), executionArn: "theirs" });

describe("CheckDuplicate", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    await tables.putUpload(aClaimedRow(mine));
  });

  const check = (matches: unknown[] | Error, calls: Call[] = []) => {
    const rekognition = recorded<CheckDuplicateClients["rekognition"]>(
      {
        searchFacesByImage: () => {
          if (matches instanceof Error) throw matches;
          return { FaceMatches: matches };
        },
      },
      calls,
    );
    return checkDuplicate(settings, { dynamodb: tables.dynamodb, rekognition, ...unused, now: () => now })({
      photo: mine,
      format: aPlainFormat,
    });
  };

  it("passes a face that nobody has, by a search at the set similarity", async () => {
    const calls: Call[] = [];
    expect(await check([], calls)).to.deep.equal({ isReplacement: false });
    expect(calls[0]?.input).to.deep.include({
      CollectionId: collectionId,
      FaceMatchThreshold: 95,
      QualityFilter: "NONE",
    });
  });

  it("refuses the face of another student's avatar", async () => {
    const avatar = anAvatar({ studentId: "SV002" });
    await tables.putAvatar(avatar);
    const error = await errorOf(check([aMatch(avatar, avatar.faceId)]));
    expect(error.name).to.equal("DUPLICATE_FACE");
    expect(error.message, "never says whose").to.not.include("SV002");
    const row = await tables.upload(mine.uploadId);
    expect([row?.["matched_student"]?.S, row?.["matched_upload"]?.S]).to.deep.equal(["SV002", avatar.uploadId]);
    await check([]);
    expect(await tables.upload(mine.uploadId), "of an earlier attempt").to.not.have.any.keys(
      "matched_student",
      "matched_upload",
      "matched_similarity",
    );
  });

  it("refuses the face of another student's upload on its way, unless that one has to yield", async () => {
    await tables.putUpload(aClaimedRow(theirs(5)));
    expect((await errorOf(check([aMatch(theirs(5))]))).name).to.equal("DUPLICATE_FACE");
    await tables.putUpload(aClaimedRow(theirs(15)));
    expect(await check([aMatch(theirs(15))])).to.deep.equal({ isReplacement: false });
    await tables.putUpload(aClaimedRow(theirs(15), { confirmed: { BOOL: true } }));
    expect((await errorOf(check([aMatch(theirs(15))]))).name).to.equal("DUPLICATE_FACE");
  });

  it("orders uploads by when their rows were made: a derived id, which is always lower, gains nothing", async () => {
    // The second object under an issued key: its id is derived and begins with zeros.
    const second = aPhoto({ studentId: "SV002", uploadId: `${"0".repeat(10)}${uploadIdAt(5).slice(10)}` });
    const madeAt = (second: number) => ({ created_at: { S: new Date(now.getTime() + second * 1000).toISOString() } });
    await tables.putUpload(aClaimedRow(mine, madeAt(0)));
    await tables.putUpload(aClaimedRow(second, madeAt(1)));
    expect(await check([aMatch(second)])).to.deep.equal({ isReplacement: false });
    await tables.putUpload(aClaimedRow(mine, madeAt(2)));
    expect((await errorOf(check([aMatch(second)]))).name).to.equal("DUPLICATE_FACE");
  });

  it("passes an upload that has won already, run again from its beginning", async () => {
    await tables.putUpload(aClaimedRow(mine, { confirmed: { BOOL: true } }));
    await tables.putUpload(aClaimedRow(theirs(5)));
    expect(await check([aMatch(theirs(5))])).to.deep.equal({ isReplacement: false });
  });

  it("takes the student's own face for a replacement", async () => {
    await tables.putAvatar(anAvatar({ studentId: "SV001" }));
    expect(await check([aMatch(anAvatar({ studentId: "SV001" }))])).to.deep.equal({ isReplacement: true });
  });

  for (const status of ["rejected", "failed"]) {
    it(`does not let the leftover of an upload that was ${status} turn anybody away`, async () => {
      await tables.putUpload(aClaimedRow(theirs(5), { status: { S: status } }));
      expect(await check([aMatch(theirs(5))])).to.deep.equal({ isReplacement: false });
    });
  }

  it("finds another student behind any number of leftovers and own faces", async () => {
    const avatar = anAvatar({ studentId: "SV003", uploadId: uploadIdAt(1) });
    await tables.putAvatar(avatar);
    const matches = [
      aMatch({ studentId: "SV001", uploadId: uploadIdAt(2) }),
      aMatch(theirs(3)),
      { Similarity: 98, Face: { FaceId: "foreign", ExternalImageId: "not one of ours" } },
      aMatch(avatar, avatar.faceId),
    ];
    expect((await errorOf(check(matches))).name).to.equal("DUPLICATE_FACE");
  });

  it("tells no face from a fault", async () => {
    const invalid = (message: string) => Object.assign(new Error(message), { name: "InvalidParameterException" });
    const noFace = invalid("There are no faces in the image. Should be at least 1.");
    expect((await errorOf(check(noFace))).name).to.equal("NO_FACE");
    expect((await errorOf(check(invalid("Request has invalid parameters")))).name).to.equal(
      "InvalidParameterException",
    );
  });
});
