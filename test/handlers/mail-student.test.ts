import { expect } from "chai";
import { simpleParser } from "mailparser";
import { mailStudent, type MailStudentClients } from "../../handlers/mail-student/handler";
import { mailStudentFunction } from "../../handlers/mail-student/definition";
import { publish } from "../../handlers/notices/notice";
import type { PipelineEvent } from "../../handlers/contract/pipeline-event";
import { reasonCodes, reasons } from "../../handlers/contract/reasons";
import { type Call, recorded } from "../support/recorded";
import { now, uploadIdAt } from "../support/rows";
import { countTable, startTables, type Tables, uploadTable } from "../support/with-tables";
import { collectLogs } from "./api/requests";

const uploadId = uploadIdAt(1);
const head = {
  schema: "1" as const,
  studentId: "SV001",
  uploadId,
  fileName: `${uploadId}.jpg`,
  at: now.toISOString(),
  executionArn: "arn:aws:states:ap-southeast-1:000000000000:execution:flow:one",
};
const accepted: PipelineEvent = {
  ...head,
  type: "avatar.accepted",
  bucket: "photos",
  thumbnails: { "64": "avatars/SV001/u/64.jpg", "256": "avatars/SV001/u/256.jpg" },
  processedAt: now.toISOString(),
};
const rejected: PipelineEvent = { ...head, type: "avatar.rejected", step: "DetectFace", reason: "NO_FACE" };

describe("MailStudent", () => {
  let tables: Tables;
  let logs: ReturnType<typeof collectLogs>;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    logs = collectLogs();
  });
  afterEach(() => logs.restore());

  const put = (more: Record<string, { S: string }> = {}) =>
    tables.putUpload({
      upload_id: { S: uploadId },
      student_id: { S: "SV001" },
      status: { S: "accepted" },
      email: { S: "an@truong.edu.vn" },
      locale: { S: "vi" },
      ...more,
    });

  interface Given {
    readonly thumbnail?: Buffer | Error;
    /** The messages of the queue; by default the event, as SNS delivers it raw. */
    readonly bodies?: readonly string[];
    /** The name of the error with which SES answers. */
    readonly refusal?: string;
    readonly mailCountTable?: string;
  }
  let failures: readonly string[] = [];

  /** Calls the function as its queue does: with the form published to every subscriber except e-mail. */
  async function tell(event: PipelineEvent, given: Buffer | Error | Given = {}): Promise<Call[]> {
    const {
      thumbnail = Buffer.from("a JPEG"),
      refusal,
      mailCountTable,
      ...more
    }: Given = given instanceof Error || Buffer.isBuffer(given) ? { thumbnail: given } : given;
    const published: { Message?: string }[] = [];
    await publish(
      { publish: (input: { Message?: string }) => Promise.resolve(published.push(input)) } as never,
      "topic",
      event,
    );
    const message = (JSON.parse(published[0]?.Message ?? "") as { default: string }).default;
    const calls: Call[] = [];
    const s3 = recorded<MailStudentClients["s3"]>(
      {
        getObject: () => {
          if (thumbnail instanceof Error) throw thumbnail;
          return { Body: { transformToByteArray: () => Promise.resolve(thumbnail) } };
        },
      },
      calls,
    );
    const ses = recorded<MailStudentClients["ses"]>(
      {
        sendEmail: () => {
          if (refusal !== undefined) throw Object.assign(new Error("an@truong.edu.vn is refused"), { name: refusal });
          return {};
        },
      },
      calls,
    );
    const handle = mailStudent(
      { uploadTable, sender: "avatar@truong.edu.vn", defaultLocale: "vi", mailCountTable },
      { dynamodb: tables.dynamodb, s3, ses, now: () => now, boundary: () => "b0undary" },
    );
    const { bodies = [message] } = more;
    const answer = await handle({ Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })) });
    failures = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    return calls;
  }

  interface Sent {
    Destination: { ToAddresses: string[] };
    Content: { Raw: { Data: Buffer } };
  }
  const sentIn = (calls: Call[]) =>
    calls.filter(({ operation }) => operation === "sendEmail").map(({ input }) => input as Sent);
  const mailIn = async (calls: Call[]) => simpleParser(sentIn(calls)[0]?.Content.Raw.Data ?? "");

  it("mails an accepted photo with its thumbnail in the letter", async () => {
    await put();
    const calls = await tell(accepted);
    expect(calls[0]).to.deep.equal({
      operation: "getObject",
      input: { Bucket: "photos", Key: "avatars/SV001/u/256.jpg" },
    });
    expect(sentIn(calls)[0]?.Destination).to.deep.equal({ ToAddresses: ["an@truong.edu.vn"] });
    const mail = await mailIn(calls);
    expect(mail.subject).to.equal("Ảnh đại diện của bạn đã được duyệt");
    expect(mail.from?.text).to.equal("avatar@truong.edu.vn");
    expect(mail.date?.toISOString()).to.equal(now.toISOString());
    expect(mail.text).to.include("Ảnh của bạn đã được duyệt").and.include("Mã sinh viên: SV001");
    expect(
      mail.attachments.map(({ contentType, cid, content }) => [contentType, cid, content.toString()]),
    ).to.deep.equal([["image/jpeg", "avatar", "a JPEG"]]);
    // The parser replaces the letter's reference with the picture.
    expect(mail.html).to.include('<img src="data:image/jpeg;base64,');
  });

  it("explains every reason in the student's language, without a picture", async () => {
    for (const reason of reasonCodes) {
      for (const locale of ["vi", "en"] as const) {
        await put({ locale: { S: locale } });
        const type = reason === "INTERNAL" ? "avatar.failed" : "avatar.rejected";
        const mail = await mailIn(await tell({ ...head, type, step: "DetectFace", reason }));
        const { title, remedy } = reasons[reason];
        expect(mail.text, reason).to.include(`${title[locale]}.`).and.include(remedy[locale]);
        expect(mail.html).to.include(`lang="${locale}"`).and.not.include("cid:");
        expect(mail.attachments).to.have.length(0);
      }
    }
  });

  it("advises to try again only where another photo can help", async () => {
    for (const reason of reasonCodes) {
      await put();
      const { text = "" } = await mailIn(await tell({ ...rejected, reason }));
      const helps = reason !== "DUPLICATE_FACE" && reason !== "SUPERSEDED";
      expect(text.includes("Bạn có thể mở lại trang tải ảnh bất cứ lúc nào"), reason).to.equal(helps);
    }
  });

  it("writes messages that any server takes: short lines of ASCII, and a subject that stays one", async () => {
    await put();
    const data = sentIn(await tell(accepted, Buffer.alloc(5000, 7)))[0]?.Content.Raw.Data ?? Buffer.alloc(0);
    for (const line of data.toString("latin1").split("\r\n")) {
      expect(line.length).to.be.at.most(78);
      expect(line).to.match(/^[\x20-\x7e]*$/);
    }
    expect(data.toString("latin1")).not.to.match(/[^\r]\n/);
  });

  it("mails once, however often SNS delivers, and again when a later attempt ends otherwise", async () => {
    await put();
    expect(sentIn(await tell(rejected))).to.have.length(1);
    expect(sentIn(await tell(rejected))).to.have.length(0);
    expect(sentIn(await tell(accepted))).to.have.length(1);
  });

  it("mails nobody where no address was given, where the row is gone, or where it is another student's", async () => {
    expect(await tell(accepted)).to.deep.equal([]);
    await tables.putUpload({ upload_id: { S: uploadId }, student_id: { S: "SV001" } });
    expect(await tell(accepted)).to.deep.equal([]);
    await put({ student_id: { S: "SV002" } });
    expect(await tell(accepted)).to.deep.equal([]);
  });

  it("mails without the picture when a newer photo has replaced it, and not at all when it cannot be read", async () => {
    await put();
    const gone = Object.assign(new Error("gone"), { name: "NoSuchKey" });
    expect((await mailIn(await tell(accepted, gone))).attachments).to.have.length(0);
    await put();
    expect(sentIn(await tell(accepted, Object.assign(new Error("no"), { name: "SlowDown" })))).to.have.length(0);
    expect(failures).to.deep.equal(["m0"]);
  });

  it("leaves in the queue what SES throttles or refuses, and logs the error's name without the address", async () => {
    for (const refusal of ["TooManyRequestsException", "MessageRejected"]) {
      await put();
      expect(sentIn(await tell(rejected, { refusal }))).to.have.length(1);
      expect(failures).to.deep.equal(["m0"]);
      expect(JSON.parse(logs.lines.at(-1) ?? "")).to.include({ outcome: "error", error: refusal, uploadId });
      expect(logs.lines.at(-1)).not.to.include("truong");
    }
    expect(sentIn(await tell(rejected))).to.have.length(1);
    expect(failures).to.deep.equal([]);
  });

  it("mails the good messages of a batch, and leaves the others in the queue", async () => {
    await put();
    const bodies = ["{", JSON.stringify(rejected), "null"];
    expect(sentIn(await tell(rejected, { bodies }))).to.have.length(1);
    expect(failures).to.deep.equal(["m0", "m2"]);
  });

  it("mails an address five times a day where nobody but the sender of the photo has given it", async () => {
    const limited = { mailCountTable: countTable };
    for (let photo = 1; photo <= 6; photo++) {
      const id = uploadIdAt(photo);
      await put({ upload_id: { S: id }, email: { S: photo % 2 ? "an@truong.edu.vn" : "AN@truong.edu.vn" } });
      const event = { ...rejected, uploadId: id };
      // A mail that SES has refused before does not count twice.
      if (photo === 1) await tell(event, { ...limited, refusal: "TooManyRequestsException" });
      expect(sentIn(await tell(event, limited)), `mail ${photo}`).to.have.length(photo <= 5 ? 1 : 0);
      expect(failures).to.deep.equal([]);
    }
    const [row, ...others] = (await tables.dynamodb.scan({ TableName: countTable })).Items ?? [];
    expect(others).to.deep.equal([]);
    expect(JSON.stringify(row)).not.to.include("truong");
    expect(Number(row?.["expires_at"]?.N)).to.equal(now.getTime() / 1000 + 2 * 86_400);
    // Another address has mails of its own.
    const other = uploadIdAt(7);
    await put({ upload_id: { S: other }, email: { S: "binh@truong.edu.vn" } });
    expect(sentIn(await tell({ ...rejected, uploadId: other }, limited))).to.have.length(1);
  });

  it("logs neither address nor student", async () => {
    await put();
    await tell(accepted);
    expect(JSON.parse(logs.lines[0] ?? "")).to.deep.equal({
      function: "MailStudent",
      uploadId,
      type: "avatar.accepted",
      outcome: "mailed",
    });
  });

  it("may send as its own address alone, whichever identity is verified for it", () => {
    const arn = "arn:aws-cn:sns:cn-north-1:123456789012:topic";
    const on = { photoBucket: "b", uploadTable: "u", avatarTable: "a", faceCollection: "f", failureTopic: arn };
    const statements = mailStudentFunction.grants({
      ...on,
      successTopic: arn,
      sender: "avatar@truong.edu.vn",
      mailQueue: arn,
    });
    expect(statements.at(-1)).to.deep.equal({
      Effect: "Allow",
      Action: ["ses:SendEmail", "ses:SendRawEmail"],
      Resource: [
        "arn:aws-cn:ses:cn-north-1:123456789012:identity/*",
        "arn:aws-cn:ses:cn-north-1:123456789012:configuration-set/*",
      ],
      Condition: { StringEquals: { "ses:FromAddress": "avatar@truong.edu.vn" } },
    });
  });
});
