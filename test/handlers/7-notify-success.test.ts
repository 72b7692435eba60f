import { expect } from "chai";
import { notifySuccess, type NotifySuccessClients } from "../../handlers/7-notify-success/handler";
import { errorOf } from "../support/errors";
import { type Call, eventIn, recorded } from "../support/recorded";
import { aClaimedRow, anAvatar, aPhoto, now, uploadIdAt } from "../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../support/with-tables";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

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
    };
    expect(await tell([], undefined, twice)).to.include({ outcome: "accepted" });
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }, { status: { S: "accepted" } }));
    expect((await errorOf(tell([], undefined, twice))).name).to.equal("ClaimLost");
  });
});
