/** A mail that is to be sent. Addresses may have names: `Shop <orders@shop.example>`. */
export interface MailDraft {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly MailAttachment[];
  /** Which service sends it, and for which topic. */
  readonly origin: { readonly service: "sns" | "ses"; readonly topicArn?: string };
}

export interface MailAttachment {
  readonly fileName: string;
  readonly contentType: string;
  /** base64 */
  readonly content: string;
  /** The name by which the HTML part shows it, as `cid:NAME`. */
  readonly contentId?: string;
}

export interface Mail extends MailDraft {
  readonly id: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
}

/** What a list shows of a mail. */
export type MailSummary = Pick<Mail, "id" | "at" | "from" | "to" | "subject" | "origin">;
