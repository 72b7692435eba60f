import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { SESv2 } from "@aws-sdk/client-sesv2";
import type { PipelineEvent } from "../contract/pipeline-event";
import { isLocale, type Locale } from "../contract/reasons";
import { readThumbnail } from "../stores/photos";
import { getUpload, recordMail } from "../stores/uploads";
import { letterFor } from "./letter";
import { mimeOf } from "./message";

/** The event that SNS passes to a subscribed function, as far as it is read; one record a call. */
export interface SnsEvent {
  readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
}

export interface MailStudentSettings {
  readonly uploadTable: string;
  /** The sender's address. */
  readonly sender: string;
  readonly defaultLocale: Locale;
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
 * Mails the student the photo's outcome, in the student's language, if the upload has an address. The function
 * subscribes to both topics: the topics' events stay the only account of the outcome.
 *
 * SNS delivers at least once: the row records what was mailed. If the response of SES is lost, the mail may be sent
 * twice, but is never left out.
 */
export function mailStudent(
  settings: MailStudentSettings,
  clients: MailStudentClients,
): (event: SnsEvent) => Promise<void> {
  return async ({ Records: records }) => {
    for (const { Sns: notice } of records) {
      const event = JSON.parse(notice.Message) as PipelineEvent;
      const outcome = await mail(settings, clients, event);
      console.log(JSON.stringify({ function: "MailStudent", uploadId: event.uploadId, type: event.type, outcome }));
    }
  };
}

async function mail(
  settings: MailStudentSettings,
  clients: MailStudentClients,
  event: PipelineEvent,
): Promise<"mailed" | "mailed before" | "no address"> {
  const row = await getUpload(clients.dynamodb, settings.uploadTable, event.uploadId);
  if (row?.email === undefined || row.studentId !== event.studentId) return "no address";
  if (row.mailed === event.type) return "mailed before";
  const picture = event.type === "avatar.accepted" ? await smallPicture(clients, event) : undefined;
  const locale = isLocale(row.locale) ? row.locale : settings.defaultLocale;
  const Data = mimeOf({
    from: settings.sender,
    to: row.email,
    letter: letterFor(event, locale, picture !== undefined),
    date: clients.now(),
    boundary: clients.boundary(),
    ...(picture === undefined ? {} : { picture }),
  });
  await clients.ses.sendEmail({
    FromEmailAddress: settings.sender,
    Destination: { ToAddresses: [row.email] },
    Content: { Raw: { Data } },
  });
  await recordMail(clients.dynamodb, settings.uploadTable, event.uploadId, event.type);
  return "mailed";
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
