import { expect } from "chai";
import { saveMetadata } from "../../handlers/5-save-metadata/handler";
import { readAvatarRow } from "../../handlers/stores/avatar-row";
import type { Photo } from "../../handlers/contract/flow-data";
import { errorOf } from "../support/errors";
import { aClaimedRow, aFace, aFormat, anAvatar, aPhoto, now, uploadIdAt } from "../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

describe("SaveMetadata", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    await tables.putUpload(aClaimedRow(photo));
  });

  const thumbnails = { "64": "avatars/SV001/x/64.jpg" };
  const save = (of: Photo = photo, at = now, instead: object = {}) =>
    saveMetadata(
      { uploadTable, avatarTable },
      {
        dynamodb: {
          getItem: (input: never) => tables.dynamodb.getItem(input),
          updateItem: (input: never) => tables.dynamodb.updateItem(input),
          putItem: (input: never) => tables.dynamodb.putItem(input),
          ...instead,
        },
        now: () => at,
      },
    )({
      photo: of,
      format: aFormat,
      face: aFace,
      processed: [{ thumbnails }, { faceId: "new-face" }],
    });

  it("writes the student's one row, with processed_at in UTC", async () => {
    expect(await save()).to.deep.equal({ processedAt: now.toISOString() });
    const item = (await tables.avatar("SV001")) ?? {};
    expect(readAvatarRow(item)).to.deep.equal({
      studentId: "SV001",
      uploadId: photo.uploadId,
      uploadedAt: photo.uploadedAt,
      faceId: "new-face",
      thumbnails,
      ...aFormat,
      bytes: 1000,
      face: aFace,
      processedAt: now.toISOString(),
      executionArn: photo.executionArn,
      replaces: [],
    });
    expect(Object.keys(item).sort()).to.deep.equal(
      "bytes execution_arn face face_id format height processed_at sha256 student_id thumbnails upload_id uploaded_at width".split(
        " ",
      ),
    );
  });

  it("keeps what it replaces on the row, with what that had replaced", async () => {
    await tables.putAvatar(
      anAvatar({ uploadId: uploadIdAt(5), faceId: "old", replaces: [{ uploadId: uploadIdAt(1), faceId: "older" }] }),
    );
    await save();
    expect(readAvatarRow((await tables.avatar("SV001")) ?? {}).replaces).to.deep.equal([
      { uploadId: uploadIdAt(5), faceId: "old" },
      { uploadId: uploadIdAt(1), faceId: "older" },
    ]);
  });

  it("gives the same answer again when its answer was lost", async () => {
    await save();
    expect(await save(photo, new Date("2030-01-01"))).to.deep.equal({ processedAt: now.toISOString() });
  });

  it("does not replace a newer avatar", async () => {
    const newer = anAvatar({ uploadId: uploadIdAt(11) });
    await tables.putAvatar(newer);
    expect((await errorOf(save())).name).to.equal("SUPERSEDED");
    expect(readAvatarRow((await tables.avatar("SV001")) ?? {})).to.deep.equal(newer);
  });

  it("does not replace an avatar by an older one because a copy of the same second was in between", async () => {
    const [second, older, newer] = ["2026-03-01T08:00:00", ".300Z", ".500Z"];
    const uploads = [newer, "Z", older].map((fraction, i) =>
      aPhoto({ uploadId: uploadIdAt(20 + i), uploadedAt: second + fraction }),
    );
    for (const each of uploads) await tables.putUpload(aClaimedRow(each));
    await save(uploads[0]);
    await save(uploads[1]);
    expect(readAvatarRow((await tables.avatar("SV001")) ?? {})).to.deep.include({
      uploadId: uploads[1]?.uploadId,
      uploadedAt: second + newer,
    });
    expect((await errorOf(save(uploads[2]))).name).to.equal("SUPERSEDED");
  });

  describe("of two copies of one second", () => {
    const [one, other] = [20, 21].map((i) =>
      aPhoto({ uploadId: uploadIdAt(i), uploadedAt: "2026-03-01T08:00:00Z" }),
    ) as [Photo, Photo];
    let seconds = 0;
    /** One attempt; no two attempts begin at the same time. */
    const tried = (photo: Photo) => save(photo, new Date(now.getTime() + 1000 * ++seconds));
    const current = async () => readAvatarRow((await tables.avatar("SV001")) ?? {}).uploadId;
    beforeEach(async () => {
      for (const each of [one, other]) await tables.putUpload(aClaimedRow(each));
    });

    it("lets the later to be saved replace the first", async () => {
      await tried(one);
      await tried(other);
      expect(await current()).to.equal(other.uploadId);
    });

    it("does not let the first come back, replaced before it learned that it was saved", async () => {
      await tried(one);
      await tried(other);
      for (let tries = 0; tries < 3; tries += 1) {
        expect((await errorOf(tried(one))).name).to.equal("SUPERSEDED");
      }
      expect(await current()).to.equal(other.uploadId);
    });

    it("decides alike in every try that sees the same avatar, or one goes on while another undoes it", async () => {
      await tried(one);
      let hasBegun = (): void => undefined;
      const begun = new Promise<void>((resolve) => (hasBegun = resolve));
      let goOn = (): void => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      // An attempt that Step Functions has timed out while its function is still running.
      const straggler = save(other, now, {
        putItem: async (input: never) => {
          hasBegun();
          await held;
          return tables.dynamodb.putItem(input);
        },
      });
      await begun;
      await tried(other);
      goOn();
      expect((await errorOf(straggler)).name).to.equal("Unavailable");
      expect(await current()).to.equal(other.uploadId);
    });
  });

  it("leaves the newest of many simultaneous uploads of a student, with every other one on its list", async () => {
    const photos = Array.from({ length: 8 }, (_, i) => aPhoto({ uploadId: uploadIdAt(20 + i) }));
    for (const each of photos) await tables.putUpload(aClaimedRow(each));
    const retried = async (each: Photo): Promise<string> => {
      for (;;) {
        try {
          await save(each);
          return "saved";
        } catch (error) {
          // As the machine retries.
          if ((error as Error).name !== "Unavailable") return (error as Error).name;
        }
      }
    };
    const outcomes = await Promise.all(photos.map(retried));
    const row = readAvatarRow((await tables.avatar("SV001")) ?? {});
    expect(row.uploadId).to.equal(uploadIdAt(27));
    expect(outcomes[7]).to.equal("saved");
    const saved = photos.filter((each, i) => outcomes[i] === "saved" && each.uploadId !== row.uploadId);
    expect(row.replaces.map(({ uploadId }) => uploadId).sort()).to.deep.equal(
      saved.map(({ uploadId }) => uploadId).sort(),
    );
    expect(outcomes.filter((outcome) => outcome !== "saved").every((outcome) => outcome === "SUPERSEDED")).to.equal(
      true,
    );
  });
});
