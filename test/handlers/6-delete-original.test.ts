import { expect } from "chai";
import { deleteOriginal, type DeleteOriginalClients } from "../../handlers/6-delete-original/handler";
import type { Photo } from "../../handlers/contract/flow-data";
import { errorOf } from "../support/errors";
import { type Call, noSleep, recorded } from "../support/recorded";
import { aClaimedRow, anAvatar, aPhoto, now, uploadIdAt } from "../support/rows";
import { avatarTable, collectionId, startTables, type Tables, uploadTable } from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

describe("DeleteOriginal", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    await tables.putUpload(aClaimedRow(photo));
  });

  function remove(calls: Call[], of: Photo = photo) {
    const versions = new Map<string, string[]>([[`avatars/SV001/${uploadIdAt(5)}/`, ["64.jpg", "256.jpg"]]]);
    const clients: Omit<DeleteOriginalClients, "dynamodb"> = {
      rekognition: recorded<DeleteOriginalClients["rekognition"]>({ deleteFaces: () => ({}) }, calls),
      s3: recorded<DeleteOriginalClients["s3"]>(
        {
          deleteObject: () => ({}),
          listObjectVersions: ({ Prefix }: { Prefix: string }) => ({
            Versions: (versions.get(Prefix) ?? []).map((name) => ({ Key: Prefix + name, VersionId: "v" })),
          }),
          deleteObjects: ({ Delete }: { Delete: { Objects: { Key: string }[] } }) => {
            versions.clear();
            return { Deleted: Delete.Objects };
          },
        },
        calls,
      ),
      now: () => now,
      sleep: noSleep,
    };
    const settings = { uploadTable, avatarTable, collectionId };
    return deleteOriginal(settings, { ...clients, dynamodb: tables.dynamodb })({ photo: of });
  }

  it("deletes the very version that was processed", async () => {
    await tables.putAvatar(anAvatar({ uploadId: photo.uploadId }));
    const calls: Call[] = [];
    expect(await remove(calls)).to.deep.equal({ replaced: 0 });
    expect(calls).to.deep.equal([
      { operation: "deleteObject", input: { Bucket: "photos", Key: photo.key, VersionId: "v1" } },
    ]);
  });

  it("removes the face and every version of the thumbnails of the replaced avatar, and strikes it off the row", async () => {
    await tables.putAvatar(
      anAvatar({ uploadId: photo.uploadId, faceId: "new", replaces: [{ uploadId: uploadIdAt(5), faceId: "old" }] }),
    );
    const calls: Call[] = [];
    expect(await remove(calls)).to.deep.equal({ replaced: 1 });
    expect(calls.find(({ operation }) => operation === "deleteFaces")?.input).to.deep.equal({
      CollectionId: collectionId,
      FaceIds: ["old"],
    });
    expect(calls.find(({ operation }) => operation === "deleteObjects")?.input).to.deep.include({
      Delete: {
        Objects: ["64.jpg", "256.jpg"].map((name) => ({
          Key: `avatars/SV001/${uploadIdAt(5)}/${name}`,
          VersionId: "v",
        })),
        Quiet: true,
      },
    });
    expect(await tables.avatar("SV001")).to.not.have.property("replaces");
  });

  it("never removes the face in use, even when the replaced avatar had the same", async () => {
    await tables.putAvatar(
      anAvatar({ uploadId: photo.uploadId, faceId: "same", replaces: [{ uploadId: uploadIdAt(5), faceId: "same" }] }),
    );
    const calls: Call[] = [];
    await remove(calls);
    expect(calls.map(({ operation }) => operation)).to.not.include("deleteFaces");
  });

  it("leaves what a newer upload has on its list to that upload", async () => {
    await tables.putAvatar(
      anAvatar({ uploadId: uploadIdAt(99), replaces: [{ uploadId: photo.uploadId, faceId: "mine" }] }),
    );
    const calls: Call[] = [];
    expect(await remove(calls)).to.deep.equal({ replaced: 0 });
    expect(calls.map(({ operation }) => operation)).to.deep.equal(["deleteObject"]);
    expect(await tables.avatar("SV001")).to.have.property("replaces");
  });

  it("waits for a face that Rekognition does not know yet, and counts one that it never knows as deleted", async () => {
    const deletionsOf = async (unknownFor: number) => {
      await tables.putAvatar(
        anAvatar({
          uploadId: photo.uploadId,
          faceId: "new",
          replaces: ["old", "older"].map((faceId, n) => ({ uploadId: uploadIdAt(5 + n), faceId })),
        }),
      );
      const asked: unknown[] = [];
      const waits: number[] = [];
      const rekognition = recorded<DeleteOriginalClients["rekognition"]>({
        deleteFaces: ({ FaceIds }: { FaceIds: readonly string[] }) => {
          asked.push(FaceIds);
          const failure = { FaceId: "older", Reasons: ["FACE_NOT_FOUND"] };
          return asked.length > unknownFor ? {} : { UnsuccessfulFaceDeletions: [failure] };
        },
      });
      const s3 = recorded<DeleteOriginalClients["s3"]>({ deleteObject: () => ({}), listObjectVersions: () => ({}) });
      const sleep = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
      const clients = { dynamodb: tables.dynamodb, rekognition, s3, now: () => now, sleep };
      await deleteOriginal({ uploadTable, avatarTable, collectionId }, clients)({ photo });
      expect(await tables.avatar("SV001")).not.to.have.property("replaces");
      return { asked, waits };
    };
    expect(await deletionsOf(2)).to.deep.equal({ asked: [["old", "older"], ["older"], ["older"]], waits: [200, 500] });
    expect((await deletionsOf(99)).waits).to.deep.equal([200, 500, 1000, 2000]);
  });

  it("fails when S3 or Rekognition say that a deletion did not happen", async () => {
    const clients = (answers: { faces?: unknown; objects?: unknown }): DeleteOriginalClients => ({
      dynamodb: tables.dynamodb,
      rekognition: recorded<DeleteOriginalClients["rekognition"]>({ deleteFaces: () => answers.faces ?? {} }),
      s3: recorded<DeleteOriginalClients["s3"]>({
        deleteObject: () => ({}),
        listObjectVersions: () => ({ Versions: [{ Key: "k", VersionId: "v" }] }),
        deleteObjects: () => answers.objects ?? {},
      }),
      now: () => now,
      sleep: noSleep,
    });
    await tables.putAvatar(
      anAvatar({ uploadId: photo.uploadId, faceId: "new", replaces: [{ uploadId: uploadIdAt(5), faceId: "old" }] }),
    );
    const settings = { uploadTable, avatarTable, collectionId };
    const nameOf = async (answers: { faces?: unknown; objects?: unknown }) =>
      (await errorOf(deleteOriginal(settings, clients(answers))({ photo }))).name;
    const failed = (reason: string) => ({ UnsuccessfulFaceDeletions: [{ FaceId: "old", Reasons: [reason] }] });
    expect(await nameOf({ faces: failed("ASSOCIATED_TO_AN_EXISTING_USER") })).to.equal("FaceNotDeleted");
    expect(
      await nameOf({ faces: failed("FACE_NOT_FOUND"), objects: { Errors: [{ Code: "InternalError" }] } }),
    ).to.equal("Unavailable");
    expect(await nameOf({ objects: { Errors: [{ Code: "AccessDenied" }] } })).to.equal("AccessDenied");
    expect(await tables.avatar("SV001"), "the list is kept for the next try").to.have.property("replaces");
  });
});
