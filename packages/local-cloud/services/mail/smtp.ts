import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { createTransport } from "nodemailer";

import type { Mail } from "./mail";

/** Waits between the attempts at one mail, in milliseconds: a server that restarts is back within them. */
const retryDelays = [500, 2000, 8000];

export interface Smtp {
  /** Sends in the background; the mailbox does not wait for the server. */
  send(mail: Mail): void;
  /** Gives up pending retries, waits for mails that are being sent. */
  close(): Promise<void>;
}

/**
 * @param url of the server; without one nothing is sent
 * @param onError receives each mail that the server did not accept, and the reason
 */
export function openSmtp(url: string | undefined, onError: (line: string) => void): Smtp {
  if (url === undefined) return { send: () => undefined, close: () => Promise.resolve() };
  if (!/^smtps?:\/\/[^/]+/.test(url)) {
    throw new Error(`The SMTP server is "${url}"; write it as smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT.`);
  }
  const transport = createTransport(url);
  const sending = new Set<Promise<void>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);

  async function attempt(mail: Mail): Promise<void> {
    for (const delay of [...retryDelays, undefined]) {
      try {
        await transport.sendMail({
          from: mail.from,
          to: [...mail.to],
          cc: [...(mail.cc ?? [])],
          bcc: [...(mail.bcc ?? [])],
          replyTo: [...(mail.replyTo ?? [])],
          subject: mail.subject,
          text: mail.text,
          ...(mail.html === undefined ? {} : { html: mail.html }),
          attachments: (mail.attachments ?? []).map(({ fileName, contentType, content, contentId }) => ({
            filename: fileName,
            contentType,
            content,
            encoding: "base64",
            ...(contentId === undefined ? {} : { cid: contentId }),
          })),
          messageId: `<${mail.id}@local-cloud.invalid>`,
          date: new Date(mail.at),
        });
        return;
      } catch (error) {
        const waited = delay !== undefined && (await wait(delay));
        if (waited) continue;
        const to = mail.to.join(", ");
        onError(`The mail ${mail.id} to ${to} did not reach the SMTP server: ${(error as Error).message}`);
        return;
      }
    }
  }

  async function wait(milliseconds: number): Promise<boolean> {
    try {
      await sleep(milliseconds, undefined, { signal: stopping.signal });
      return true;
    } catch {
      return false;
    }
  }

  return {
    send(mail) {
      const sent = attempt(mail);
      sending.add(sent);
      void sent.then(() => sending.delete(sent));
    },
    async close() {
      stopping.abort();
      await Promise.all(sending);
      transport.close();
    },
  };
}
