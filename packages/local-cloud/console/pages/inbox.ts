import type { Mail, MailSummary } from "../../services/mail";
import { count, moment } from "../format";
import { html, type Html } from "../html";
import type { Words } from "../program";
import type { ConsoleSources } from "../sources";
import { empty, foreign } from "./parts";
import { prefix, type Page } from "./view";

const maxListed = 200;

export function inboxPage({ mails }: ConsoleSources, words: Words): Page {
  return () => {
    const all = mails.list({ limit: Infinity });
    return {
      title: `Inbox (${all.length})`,
      section: "inbox",
      pollMilliseconds: 0,
      regions: { mails: mailList(all, maxListed, words) },
      body: (regions) =>
        html`<h1>Inbox</h1>
          <p class="lead">${words.inboxLead}</p>
          ${regions["mails"]}`,
    };
  };
}

export function mailPage({ mails }: ConsoleSources, words: Words, id: string): Page {
  return async () => {
    const mail = await mails.get(id);
    if (!mail) return undefined;
    return {
      title: mail.subject === "" ? "Mail" : mail.subject,
      section: "inbox",
      pollMilliseconds: 0,
      regions: { mails: mailList(mails.list({ limit: Infinity }), maxListed, words, id) },
      body: (regions) =>
        html`<p class="back"><a href="${prefix}/inbox">Inbox</a></p>
          <div class="split">
            <article class="mail">${content(mail)}</article>
            <section class="others" aria-labelledby="others">
              <h2 id="others">All mails</h2>
              ${regions["mails"]}
            </section>
          </div>`,
    };
  };
}

function content(mail: Mail): Html {
  const { cc = [], attachments = [], origin } = mail;
  const sender = origin.service === "ses" ? "SES" : html`the topic <code>${origin.topicArn?.split(":").at(-1)}</code>`;
  return html`<h1>${subjectOf(mail)}</h1>
    <dl class="facts">
      <dt>From</dt>
      <dd>${foreign(mail.from)}</dd>
      <dt>To</dt>
      <dd>${listed(mail.to)}</dd>
      ${
        cc.length > 0 &&
        html`<dt>Copies to</dt>
          <dd>${listed(cc)}</dd>`
      }
      <dt>Sent</dt>
      <dd>${moment(Date.parse(mail.at))} by ${sender}</dd>
      ${
        attachments.length > 0 &&
        html`<dt>Attachments</dt>
          <dd>${listed(attachments.map(({ fileName }) => fileName))}</dd>`
      }
    </dl>
    <section aria-labelledby="text-part">
      <h2 id="text-part">Text</h2>
      <pre class="letter" dir="auto">${mail.text}</pre>
    </section>
    ${
      mail.html !== undefined &&
      html`<section aria-labelledby="html-part">
        <h2 id="html-part">HTML</h2>
        <iframe title="The mail's HTML part" sandbox="" src="${mailPath(mail)}/html"></iframe>
      </section>`
    }`;
}

/**
 * The mail's HTML part with its attached pictures inlined: a browser knows no `cid:`.
 *
 * @returns undefined if the mail is text only
 */
export function letterOf({ html: letter, attachments = [] }: Mail): string | undefined {
  return letter?.replace(/\bcid:([^\s"'()<>]+)/g, (link, name: string) => {
    const picture = attachments.find(({ contentId }) => contentId === name);
    if (picture === undefined || !/^image\/[\w.+-]+$/.test(picture.contentType)) return link;
    return `data:${picture.contentType};base64,${Buffer.from(picture.content, "base64").toString("base64")}`;
  });
}

function listed(all: readonly string[]): Html {
  return html`${all.map((text, i) => html`${i > 0 && ", "}${foreign(text)}`)}`;
}

/** @param current the id of the mail that is open */
export function mailList(all: readonly MailSummary[], most: number, words: Words, current?: string): Html {
  if (all.length === 0) return empty(words.noMails);
  const shown = all.slice(0, most);
  return html`<ul class="mails">
      ${shown.map(
        (mail) =>
          html`<li id="mail-${encodeURIComponent(mail.id)}">
            <a href="${mailPath(mail)}" ${mail.id === current && html`aria-current="true"`}>
              <span class="subject">${subjectOf(mail)}</span>
              <span class="muted">${moment(Date.parse(mail.at))} to <bdi>${mail.to.join(", ")}</bdi></span>
            </a>
          </li>`,
      )}
    </ul>
    ${
      all.length > shown.length &&
      html`<p class="muted">The newest ${shown.length} of ${count(all.length, "mail")}.</p>`
    }`;
}

function subjectOf({ subject }: MailSummary): Html {
  return subject === "" ? html`(no subject)` : foreign(subject);
}

function mailPath({ id }: Pick<MailSummary, "id">): string {
  return `${prefix}/inbox/${encodeURIComponent(id)}`;
}
