import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ListEmailIdentitiesCommand, SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { createTransport } from "nodemailer";

import { openMailbox, type Mailbox } from "../../../../../packages/local-cloud/services/mail";
import { sesService } from "../../../../../packages/local-cloud/services/ses";
import { identity, roleAllowing, startCloud, type TestCloud } from "../../gateway/helpers";
import { errorOf } from "../../../../support/errors";

const arn = (of: string) => `arn:aws:ses:ap-southeast-1:000000000000:identity/${of}`;
const notifier = roleAllowing("notifier", ["ses:SendEmail"], [arn("school.vn")]);
const rawNotifier = roleAllowing("raw", ["ses:SendRawEmail"], [arn("avatars@school.vn")]);

describe("the local SES", () => {
  let folder: string;
  let mailbox: Mailbox;
  let cloud: TestCloud;
  let client: SESv2Client;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ses-"));
    mailbox = await openMailbox({ folder });
    const ses = sesService({ identity, mailbox, identities: ["school.vn", "avatars@school.vn"] });
    cloud = await startCloud({ services: [ses], roles: [notifier, rawNotifier] });
    client = new SESv2Client(cloud.client(notifier.arn));
  });
  afterEach(async () => {
    await cloud.gateway.close();
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  const simple = (more: object = {}) => ({
    FromEmailAddress: "Ảnh đại diện <avatars@school.vn>",
    Destination: { ToAddresses: ["sv001@school.vn"], BccAddresses: ["office@school.vn"] },
    Content: {
      Simple: {
        Subject: { Data: "Ảnh của bạn đã được nhận", Charset: "UTF-8" },
        Body: { Text: { Data: "Xong." }, Html: { Data: "<p>Xong.</p>" } },
      },
    },
    ...more,
  });
  const only = async () => mailbox.get(mailbox.list()[0]?.id ?? "");

  it("puts a simple mail into the inbox", async () => {
    const { MessageId } = await client.send(new SendEmailCommand(simple({ ReplyToAddresses: ["help@school.vn"] })));
    expect(await only()).to.deep.include({
      id: MessageId,
      from: "Ảnh đại diện <avatars@school.vn>",
      to: ["sv001@school.vn"],
      bcc: ["office@school.vn"],
      replyTo: ["help@school.vn"],
      subject: "Ảnh của bạn đã được nhận",
      text: "Xong.",
      html: "<p>Xong.</p>",
      origin: { service: "ses" },
    });
  });

  it("takes a raw mail apart", async () => {
    const composer = createTransport({ streamTransport: true, buffer: true });
    const { message } = await composer.sendMail({
      from: "avatars@school.vn",
      to: "Đặng <sv001@school.vn>",
      subject: "Ảnh",
      text: "Thân",
      attachments: [{ filename: "a.txt", content: "nội dung", cid: "a-part" }],
    });
    const send = new SendEmailCommand({ Content: { Raw: { Data: message as unknown as Uint8Array } } });
    await new SESv2Client(cloud.client(rawNotifier.arn)).send(send);
    const refused = await errorOf(client.send(send));
    const mail = await only();
    expect(mail).to.deep.include({ from: "avatars@school.vn", to: ["Đặng <sv001@school.vn>"], subject: "Ảnh" });
    expect(mail?.text.trim()).to.equal("Thân");
    expect(Buffer.from(mail?.attachments?.[0]?.content ?? "", "base64").toString()).to.equal("nội dung");
    expect(mail?.attachments?.[0]?.contentId).to.equal("a-part");
    expect(refused.message).to.include("is not authorized to perform: ses:SendRawEmail");
  });

  it("refuses, and puts nothing into the inbox", async () => {
    const refusals = await Promise.all(
      [
        simple({ FromEmailAddress: "a@elsewhere.vn" }),
        simple({ Destination: {} }),
        simple({ Destination: { ToAddresses: ["nobody"] } }),
        simple({ Content: { Simple: { Subject: { Data: "x" }, Body: {} } } }),
        simple({ Content: { Template: { TemplateName: "t" } } }),
        simple({ ConfigurationSetName: "tracked" }),
      ].map((input) => errorOf(client.send(new SendEmailCommand(input)))),
    );
    expect(refusals.map(({ name, message }) => `${name}: ${message}`)).to.deep.equal([
      "MessageRejected: Email address is not verified. The following identities failed the check in region AP-SOUTHEAST-1: a@elsewhere.vn",
      "BadRequestException: The mail has no recipient.",
      'BadRequestException: "nobody" is no mail address.',
      "BadRequestException: Content.Simple needs a Subject, and a Text or Html Body.",
      "NotImplemented: The local cloud's ses does not serve SendEmail with Content.Template.",
      "NotImplemented: The local cloud's ses does not serve SendEmail with ConfigurationSetName.",
    ]);
    const other = await errorOf(client.send(new ListEmailIdentitiesCommand({})));
    expect(other.message).to.equal("The local cloud's ses serves SendEmail, not POST /v2/email/list-identities.");
    const asRaw = new SESv2Client(cloud.client(rawNotifier.arn));
    const denied = await errorOf(asRaw.send(new SendEmailCommand(simple())));
    expect(denied.name).to.equal("AccessDeniedException");
    expect(denied.message).to.include(
      `is not authorized to perform: ses:SendEmail on resource: ${arn("avatars@school.vn")}`,
    );
    expect(mailbox.list()).to.deep.equal([]);
  });
});
