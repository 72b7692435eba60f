import { expect } from "chai";
import {
  deleteAvatar,
  getAvatar,
  markSearched,
  replaceAvatar,
  replaceFace,
  strikeReplaced,
} from "../../../handlers/stores/avatars";
import { anAvatar, now, uploadIdAt } from "../../support/rows";
import { avatarTable, startTables, type Tables } from "../../support/with-tables";

/** Against the tables of a real DynamoDB engine, since only an engine evaluates the conditions. */
describe("The avatars store", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  beforeEach(() => tables.clear());
  after(() => tables.close());

  const first = anAvatar();
  const second = anAvatar({ uploadId: uploadIdAt(5), replaces: [{ uploadId: first.uploadId, faceId: first.faceId }] });
  const row = () => getAvatar(tables.dynamodb, avatarTable, first.studentId);

  it("adds an avatar only for a student who has none", async () => {
    expect(await replaceAvatar(tables.dynamodb, avatarTable, first, undefined)).to.equal(true);
    expect(await replaceAvatar(tables.dynamodb, avatarTable, second, undefined)).to.equal(false);
    expect(await row()).to.deep.equal(first);
  });

  it("replaces an avatar only while it is the one that was read, with the face that it had", async () => {
    expect(await replaceAvatar(tables.dynamodb, avatarTable, second, first), "no row any more").to.equal(false);
    expect(await row()).to.equal(undefined);
    for (const changed of [{ uploadId: uploadIdAt(3) }, { faceId: "indexed again" }]) {
      await tables.putAvatar(anAvatar(changed));
      expect(await replaceAvatar(tables.dynamodb, avatarTable, second, first)).to.equal(false);
      expect(await row()).to.deep.equal(anAvatar(changed));
    }
    await tables.putAvatar(first);
    expect(await replaceAvatar(tables.dynamodb, avatarTable, second, first)).to.equal(true);
    expect(await row()).to.deep.equal(second);
  });

  it("strikes what an avatar replaced off its own row alone", async () => {
    await tables.putAvatar(second);
    await strikeReplaced(tables.dynamodb, avatarTable, first);
    expect((await row())?.replaces).to.deep.equal(second.replaces);
    await strikeReplaced(tables.dynamodb, avatarTable, second);
    expect((await row())?.replaces).to.deep.equal([]);
  });

  it("gives another face only to the avatar whose face was lost, and has it searched for again", async () => {
    expect(await replaceFace(tables.dynamodb, avatarTable, first, "new"), "erased meanwhile").to.equal(false);
    expect(await row()).to.equal(undefined);
    await tables.putAvatar(first);
    await markSearched(tables.dynamodb, avatarTable, first, now);
    expect((await row())?.searchedAt).to.equal(now.toISOString());
    expect(await replaceFace(tables.dynamodb, avatarTable, anAvatar({ faceId: "another" }), "new")).to.equal(false);
    expect(await replaceFace(tables.dynamodb, avatarTable, first, "new")).to.equal(true);
    expect(await row()).to.deep.equal({ ...first, faceId: "new" });
    await markSearched(tables.dynamodb, avatarTable, first, now);
    expect((await row())?.searchedAt, "that was the face before").to.equal(undefined);
  });

  it("deletes a row and tells whether there was one", async () => {
    await tables.putAvatar(first);
    expect(await deleteAvatar(tables.dynamodb, avatarTable, first.studentId)).to.equal(true);
    expect(await deleteAvatar(tables.dynamodb, avatarTable, first.studentId)).to.equal(false);
  });
});
