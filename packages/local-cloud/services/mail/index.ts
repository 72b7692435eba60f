/**
 * The inbox: every mail that AWS would have sent, kept in a folder, shown by the console, and handed to an SMTP server
 * if one is configured.
 *
 *   openMailbox({ folder, smtp?, now?, onSmtpError? }): Promise<Mailbox>
 *     .deliver(draft): Promise<Mail>                      kept once it resolves
 *     .list({ to?, before?, limit? }): MailSummary[]      newest first
 *     .get(id): Promise<Mail | undefined>
 *     .watch(signal?): AsyncIterable<MailSummary>         mails from now on, until the signal or the mailbox's end
 *     .close()
 *
 * Ids sort by time, as texts. The folder holds one JSON file for each mail, `<id>.json`.
 */
import { randomBytes } from "node:crypto";
import { EventEmitter, on, setMaxListeners } from "node:events";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mail, MailDraft, MailSummary } from "./mail";
import { openSmtp } from "./smtp";

export type { Mail, MailAttachment, MailDraft, MailSummary } from "./mail";

export interface Mailbox {
  deliver(draft: MailDraft): Promise<Mail>;
  list(filter?: {
    /** Only mails to this address. */
    readonly to?: string;
    /** Only mails older than the one with this id. */
    readonly before?: string;
    /** Default 100. */
    readonly limit?: number;
  }): MailSummary[];
  get(id: string): Promise<Mail | undefined>;
  watch(signal?: AbortSignal): AsyncIterable<MailSummary>;
  close(): Promise<void>;
}

export interface MailboxOptions {
  readonly folder: string;
  /** `smtp://[user:password@]host:port` or `smtps://…`. A mail is kept whether or not the server accepts it. */
  readonly smtp?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Receives each mail that the SMTP server did not accept; by default it goes to stderr. */
  readonly onSmtpError?: (line: string) => void;
}

/** @throws Error naming the file if one in the folder is no mail */
export async function openMailbox(options: MailboxOptions): Promise<Mailbox> {
  const { folder, now = Date.now } = options;
  await mkdir(folder, { recursive: true });
  // Oldest first.
  const summaries = await readSummaries(folder);
  const smtp = openSmtp(options.smtp, options.onSmtpError ?? ((line) => console.error(line)));
  const nextId = sortableIds(now, summaries.at(-1)?.id);
  const arrivals = new EventEmitter().setMaxListeners(0);
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);

  return {
    async deliver(draft) {
      const at = new Date(now()).toISOString();
      const mail: Mail = { id: nextId(), at, ...draft };
      const file = join(folder, `${mail.id}.json`);
      // Under another name first: after a kill a mail is either complete or absent.
      await writeFile(`${file}.new`, JSON.stringify(mail, undefined, 2));
      await rename(`${file}.new`, file);
      summaries.push(toSummary(mail));
      arrivals.emit("mail", toSummary(mail));
      smtp.send(mail);
      return mail;
    },
    list({ to, before, limit = 100 } = {}) {
      return summaries
        .filter((mail) => (before === undefined || mail.id < before) && (to === undefined || mail.to.includes(to)))
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit);
    },
    async get(id) {
      // The id comes from a URL: only a listed one may become part of a path.
      if (!summaries.some((mail) => mail.id === id)) return undefined;
      return JSON.parse(await readFile(join(folder, `${id}.json`), "utf8")) as Mail;
    },
    watch(signal) {
      const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
      // Listening begins here, not with the first `next()`: mails between the two would be missed.
      return stop.aborted ? nothing() : summariesOf(on(arrivals, "mail", { signal: stop }), stop);
    },
    async close() {
      ended.abort();
      await smtp.close();
    },
  };
}

async function* nothing(): AsyncGenerator<MailSummary> {}

async function* summariesOf(arrivals: AsyncIterable<unknown[]>, stop: AbortSignal): AsyncGenerator<MailSummary> {
  try {
    for await (const [mail] of arrivals) yield mail as MailSummary;
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

async function readSummaries(folder: string): Promise<MailSummary[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => {
      try {
        return toSummary(JSON.parse(await readFile(join(folder, file), "utf8")) as Mail);
      } catch (error) {
        throw new Error(
          `${join(folder, file)} is no kept mail: ${(error as Error).message}. Restore it, or delete it.`,
          {
            cause: error,
          },
        );
      }
    }),
  );
}

function toSummary({ id, at, from, to, subject, origin }: Mail): MailSummary {
  return { id, at, from, to, subject, origin };
}

/**
 * Ids that sort by the time they were made, within one millisecond by their order; random at the end.
 *
 * @param newest the last one that an earlier run issued: this run's sort after it, whatever the clock says by now
 */
function sortableIds(now: () => number, newest = ""): () => string {
  let last = parseInt(newest.slice(0, 9), 36) || 0;
  let count = parseInt(newest.slice(9, 13), 36) || 0;
  return () => {
    const time = Math.max(now(), last);
    count = time === last ? count + 1 : 0;
    last = time;
    const digits = (value: number, length: number) => value.toString(36).padStart(length, "0");
    return `${digits(time, 9)}${digits(count, 4)}${randomBytes(3).toString("hex")}`;
  };
}
