import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { SESv2 } from "@aws-sdk/client-sesv2";
import type { PipelineEvent } from "../contract/pipeline-event";
import { isLocale, type Locale } from "../contract/reasons";
import { countMail } from "../stores/mail-counts";
import { readThumbnail } from "../stores/photos";
import { getUpload, recordMail } from "../stores/uploads";
import { letterFor } from "./letter";
import { mimeOf } from "./message";

/** Messages of the queue that subscribes to both topics, as far as they are read; each body is a notice. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** The messages that stay in the queue. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface MailStudentSettings {
  readonly uploadTable: string;
  /** The sender's address. */
  readonly sender: string;
  readonly defaultLocale: Locale;
  /** Counts the mails to each address; undefined if every address comes from the school. */
  readonly mailCountTable: string | undefined;
}

export interface MailStudentClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly s3: Pick<S3, "getObject">;
  readonly ses: Pick<SESv2, "sendEmail">;
  readonly now: () => Date;
  /** Letters and digits that no message's text contains. */
  readonly boundary: () => string;
}

/**
 * Mails the student the photo's outcome, in the student's language, if the upload has an address. The function's queue
 * subscribes to both topics: the topics' events stay the only account of the outcome.
 *
 * A message whose mail fails stays in the queue, whatever the fault; the queue moves it to its dead letters after some
 * attempts. Messages arrive at least once: the row records what was mailed. If the response of SES is lost, the mail may
 * be sent twice, but is never left out.
 */
export function mailStudent(
  settings: MailStudentSettings,
  clients: MailStudentClients,
): (event: QueueEvent) => Promise<QueueAnswer> {
  return async ({ Records: records }) => {
    const failed: string[] = [];
    for (const { messageId, body } of records) {
      let about: object = { messageId };
      const log = (fields: object) => console.log(JSON.stringify({ function: "MailStudent", ...about, ...fields }));
      try {
        const event = JSON.parse(body) as PipelineEvent;
        about = { uploadId: event.uploadId, type: event.type };
        log({ outcome: await mail(settings, clients, event) });
      } catch (error) {
        failed.push(messageId);
        // The name alone: the messages of SES name addresses.
        log({ outcome: "error", error: error instanceof Error ? error.name : "Error" });
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function mail(
  settings: MailStudentSettings,
  clients: MailStudentClients,
  event: PipelineEvent,
): Promise<"mailed" | "mailed before" | "no address" | "too many to this address today"> {
  const row = await getUpload(clients.dynamodb, settings.uploadTable, event.uploadId);
  if (row?.email === undefined || row.studentId !== event.studentId) return "no address";
  if (row.mailed === event.type) return "mailed before";
  if (!(await isWithinLimit(settings, clients, event, row.email))) return "too many to this address today";
  const picture = event.type === "avatar.accepted" ? await smallPicture(clients, event) : undefined;
  const locale = isLocale(row.locale) ? row.locale : settings.defaultLocale;
  const Data = mimeOf({
    from: settings.sender,
    to: row.email,
    letter: letterFor(event, locale, picture !== undefined),
    date: clients.now(),
    boundary: clients.boundary(),
    picture,
  });
  await clients.ses.sendEmail({
    FromEmailAddress: settings.sender,
    Destination: { ToAddresses: [row.email] },
    Content: { Raw: { Data } },
  });
  await recordMail(clients.dynamodb, settings.uploadTable, event.uploadId, event.type);
  return "mailed";
}

async function isWithinLimit(
  { mailCountTable }: MailStudentSettings,
  { dynamodb, now }: MailStudentClients,
  { uploadId, type }: PipelineEvent,
  address: string,
): Promise<boolean> {
  if (mailCountTable === undefined) return true;
  return countMail(dynamodb, mailCountTable, { address, mail: `${uploadId} ${type}`, now: now() });
}

/** The thumbnail nearest to twice the size that the letter shows; none if a newer photo has replaced it. */
async function smallPicture(
  { s3 }: MailStudentClients,
  event: Extract<PipelineEvent, { type: "avatar.accepted" }>,
): Promise<Uint8Array | undefined> {
  const sizes = Object.keys(event.thumbnails).map(Number);
  const best = sizes.sort((a, b) => Math.abs(a - 256) - Math.abs(b - 256))[0];
  const key = event.thumbnails[String(best)];
  return key === undefined ? undefined : readThumbnail(s3, event.bucket, key);
}
