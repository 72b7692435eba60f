import { expect } from "chai";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";

import {
  openMailbox,
  type MailDraft,
  type Mailbox,
  type MailboxOptions,
} from "../../../../../packages/local-cloud/services/mail";
import { errorOf } from "../../../../support/errors";

const draft = (subject: string, to = "a@school.vn"): MailDraft => ({
  from: '"AWS Notifications" <no-reply@sns.amazonaws.com>',
  to: [to],
  subject,
  text: "Xin chào",
  origin: { service: "sns", topicArn: "arn:topic" },
});

describe("the inbox", () => {
  let folder: string;
  let mailbox: Mailbox;
  const open = async (more: Partial<MailboxOptions> = {}) => (mailbox = await openMailbox({ folder, ...more }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mail-"));
    await open();
  });
  afterEach(async () => {
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("keeps mails and lists them, newest first", async () => {
    for (const subject of ["one", "two", "three"]) await mailbox.deliver(draft(subject));
    await mailbox.close();
    await open();
    await mailbox.deliver(draft("four", "b@school.vn"));
    const subjects = (filter: object) => mailbox.list(filter).map(({ subject }) => subject);
    expect(subjects({})).to.deep.equal(["four", "three", "two", "one"]);
    expect(subjects({ to: "b@school.vn" })).to.deep.equal(["four"]);
    expect(subjects({ limit: 2, before: mailbox.list()[0]?.id })).to.deep.equal(["three", "two"]);
    expect((await readdir(folder)).sort()).to.deep.equal(
      mailbox
        .list()
        .map(({ id }) => `${id}.json`)
        .sort(),
    );
  });

  it("gives a whole mail, and nothing for an id that it never gave out", async () => {
    const { id } = await mailbox.deliver(draft("one"));
    expect(await mailbox.get(id)).to.deep.include(draft("one"));
    expect(await mailbox.get("../secret")).to.equal(undefined);
  });

  it("gives ids that sort by time even when the clock stands still or goes back", async () => {
    await mailbox.close();
    const times = [2_000_000, 2_000_000, 1_000_000, 3_000_000];
    await open({ now: () => times.shift() ?? 0 });
    const ids: string[] = [];
    const mails = [await mailbox.deliver(draft("1")), await mailbox.deliver(draft("2"))];
    ids.push(...mails.map(({ id }) => id));
    // And in the next run, even in the same moment or before.
    await mailbox.close();
    for (const time of [2_000_000, 1_000_000]) {
      await open({ now: () => time });
      ids.push((await mailbox.deliver(draft("later"))).id);
      await mailbox.close();
    }
    expect([...ids].sort()).to.deep.equal(ids);
    expect(new Set(ids).size).to.equal(4);
  });

  it("tells of new mails as they come, from the call on", async () => {
    const stop = new AbortController();
    const watching = mailbox.watch(stop.signal);
    await mailbox.deliver(draft("one"));
    await mailbox.deliver(draft("two"));
    const subjects: string[] = [];
    for await (const { subject } of watching) {
      subjects.push(subject);
      if (subjects.length === 2) stop.abort();
    }
    expect(subjects).to.deep.equal(["one", "two"]);
  });

  it("ends those who watch when it closes", async () => {
    const ended = mailbox.watch()[Symbol.asyncIterator]().next();
    await mailbox.close();
    expect((await ended).done).to.equal(true);
    expect((await mailbox.watch()[Symbol.asyncIterator]().next()).done).to.equal(true);
  });

  it("names the file when one is no mail", async () => {
    await writeFile(join(folder, "x.json"), "{");
    expect((await errorOf(openMailbox({ folder }))).message).to.include(`${join(folder, "x.json")} is no kept mail`);
  });

  describe("with an SMTP server", () => {
    const received: ParsedMail[] = [];
    let server: SMTPServer;
    let refuse = 0;
    beforeEach(async () => {
      received.length = 0;
      server = new SMTPServer({
        authOptional: true,
        disabledCommands: ["STARTTLS"],
        onMailFrom: (_address, _session, done) => done(refuse-- > 0 ? new Error("busy") : null),
        onData: (stream, _session, done) => {
          void simpleParser(stream).then((mail) => {
            received.push(mail);
            done();
            server.emit("received");
          });
        },
      });
      server.listen(0, "127.0.0.1");
      await once(server.server, "listening");
      await mailbox.close();
      const { port } = server.server.address() as AddressInfo;
      await open({ smtp: `smtp://127.0.0.1:${port}`, onSmtpError: (line) => server.emit("refused", line) });
    });
    afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

    it("hands each mail to it", async () => {
      const attachments = [
        {
          fileName: "ảnh.txt",
          contentType: "text/plain",
          content: Buffer.from("x").toString("base64"),
          contentId: "x",
        },
      ];
      const arrived = once(server, "received");
      await mailbox.deliver({ ...draft("Ảnh đã nhận"), html: "<b>Xin chào</b>", attachments });
      await arrived;
      const [mail] = received;
      expect(mail).to.include({ subject: "Ảnh đã nhận", html: "<b>Xin chào</b>" });
      expect(mail?.text?.trim()).to.equal("Xin chào");
      expect([mail?.to].flat()[0]?.text).to.equal("a@school.vn");
      expect(mail?.attachments[0]).to.include({ filename: "ảnh.txt", cid: "x" });
    });

    it("tries again when the server is busy", async () => {
      refuse = 1;
      const arrived = once(server, "received");
      await mailbox.deliver(draft("again"));
      await arrived;
      expect(received[0]?.subject).to.equal("again");
    });

    it("says which mail it could not send when it closes", async () => {
      refuse = 100;
      const line = once(server, "refused");
      const { id } = await mailbox.deliver(draft("never"));
      await mailbox.close();
      expect(String((await line)[0])).to.include(`The mail ${id} to a@school.vn did not reach the SMTP server`);
      refuse = 0;
    });
  });

  it("wants the SMTP server as a URL", async () => {
    expect((await errorOf(openMailbox({ folder, smtp: "localhost:25" }))).message).to.equal(
      'The SMTP server is "localhost:25"; write it as smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT.',
    );
  });
});
