/** A mail to send. Addresses may have names: `Shop <orders@shop.example>`. */
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
  /** The service that sends it, and the topic, if any. */
  readonly origin: { readonly service: "sns" | "ses"; readonly topicArn?: string };
}

export interface MailAttachment {
  readonly fileName: string;
  readonly contentType: string;
  /** base64 */
  readonly content: string;
  /** The name by which the HTML part references it, as `cid:NAME`. */
  readonly contentId?: string;
}

export interface Mail extends MailDraft {
  readonly id: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
}

/** The parts of a mail that a list shows. */
export type MailSummary = Pick<Mail, "id" | "at" | "from" | "to" | "subject" | "origin">;
