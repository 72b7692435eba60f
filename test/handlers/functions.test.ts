import { expect } from "chai";
import { receivePhoto, type ReceivePhotoClients } from "../../handlers/0-receive-photo/handler";
import { notifySuccess, type NotifySuccessClients } from "../../handlers/7-notify-success/handler";
import { eraseStudent, type EraseStudentClients } from "../../handlers/erase-student/handler";
import { derivedId } from "../../handlers/stores/identify";
import { deleteThumbnails } from "../../handlers/stores/photos";
import { errorOf } from "../support/errors";
import { recorded } from "../support/recorded";
import { aClaimedRow, anEvent, aPhoto, executionArn, now } from "../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../support/with-tables";

/** The functions' messages reach logs and execution histories, which outlive an erasure: docs/guides/operate.md. */
describe("The errors of the functions name uploads, and neither students nor keys", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());

  const student = "SV-named-nowhere";
  const photo = aPhoto({ studentId: student });

  it("when a key names no valid student", async () => {
    const event = anEvent(`uploads/${student} (1)/${student}.jpg`);
    const handle = receivePhoto(
      { uploadTable, avatarTable, rowDays: 30 },
      { dynamodb: tables.dynamodb, s3: recorded<ReceivePhotoClients["s3"]>({}), now: () => now },
    );
    const { name, message } = await errorOf(handle({ event, execution: executionArn }));
    expect(name).to.equal("InvalidKey");
    expect(message).to.include(derivedId(event)).and.not.include(student);
  });

  it("when the avatar is gone", async () => {
    await tables.putUpload(aClaimedRow(photo));
    const clients = { dynamodb: tables.dynamodb, sns: recorded<NotifySuccessClients["sns"]>({}), now: () => now };
    const handle = notifySuccess({ uploadTable, avatarTable, topicArn: "topic" }, clients);
    const { name, message } = await errorOf(handle({ photo }));
    expect(name).to.equal("AvatarGone");
    expect(message).to.include(photo.uploadId).and.not.include(student);
  });

  it("when S3 does not delete a thumbnail", async () => {
    const s3 = recorded<Parameters<typeof deleteThumbnails>[0]>({
      listObjectVersions: () => ({ Versions: [{ Key: `avatars/${student}/1/64.jpg`, VersionId: "v" }] }),
      deleteObjects: () => ({ Errors: [{ Key: `avatars/${student}/1/64.jpg`, Code: "AccessDenied" }] }),
    });
    const { name, message } = await errorOf(deleteThumbnails(s3, "photos", student, photo.uploadId));
    expect(name).to.equal("AccessDenied");
    expect(message).to.include("did not delete 1 objects").and.not.include(student);
  });

  it("when an erasure is asked for with what is no id", async () => {
    const settings = { uploadTable, avatarTable, collectionId: "faces", photoBucket: "photos", settleSeconds: 0 };
    const handle = eraseStudent(settings, recorded<EraseStudentClients>({}));
    const { name, message } = await errorOf(handle({ studentId: `${student}/` }));
    expect(name).to.equal("InvalidStudentId");
    expect(message).to.not.include(student);
  });
});
