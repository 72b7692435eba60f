/**
 * SES v2's SendEmail: its mails go to the inbox.
 *
 *   sesService({ identity, mailbox, identities? }): CloudService      SigV4 name `ses`
 *
 * Simple and Raw content. Authorized as `ses:SendEmail` (Raw: `ses:SendRawEmail`, as SES does in v2 as well) on the
 * identity of the sender's address or of its domain.
 */
import type { ServerResponse } from "node:http";

import { simpleParser, type AddressObject } from "mailparser";

import {
  cloudError,
  isCloudError,
  type CloudIdentity,
  type CloudRequest,
  type CloudService,
} from "../../gateway/service";
import { refuseUnknownMembers, type Members } from "../../gateway/members";
import type { Mailbox, MailDraft } from "../mail";

export interface SesOptions {
  readonly identity: CloudIdentity;
  readonly mailbox: Pick<Mailbox, "deliver">;
  /** The addresses and domains that the program declares as identities; without it every sender counts as verified. */
  readonly identities?: readonly string[] | undefined;
}

/** Largest request, in bytes: SES accepts mails of 40 MB, which are base64 here. */
const maxBytes = 56 * 1024 * 1024;

interface SendEmail {
  readonly FromEmailAddress?: string;
  readonly Destination?: {
    readonly ToAddresses?: string[];
    readonly CcAddresses?: string[];
    readonly BccAddresses?: string[];
  };
  readonly ReplyToAddresses?: string[];
  readonly Content?: {
    readonly Simple?: {
      readonly Subject?: { readonly Data?: string };
      readonly Body?: { readonly Text?: { readonly Data?: string }; readonly Html?: { readonly Data?: string } };
      readonly Attachments?: {
        readonly FileName?: string;
        readonly ContentType?: string;
        readonly RawContent?: string;
        readonly ContentId?: string;
      }[];
    };
    /** base64 */
    readonly Raw?: { readonly Data?: string };
  };
}

/** Texts are Unicode here, which covers every charset. */
const textMembers = { Data: true, Charset: true } as const;

/** The input members of SendEmail. */
const sendEmail: Members = {
  FromEmailAddress: true,
  Destination: { ToAddresses: true, CcAddresses: true, BccAddresses: true },
  ReplyToAddresses: true,
  Content: {
    Simple: {
      Subject: textMembers,
      Body: { Text: textMembers, Html: textMembers },
      Attachments: [
        {
          FileName: true,
          ContentType: true,
          RawContent: true,
          ContentId: true,
          // These affect the message in transit; the inbox keeps the parts themselves.
          ContentDisposition: true,
          ContentTransferEncoding: true,
        },
      ],
    },
    Raw: { Data: true },
  },
};

export function sesService(options: SesOptions): CloudService {
  const { identity, mailbox } = options;

  const service: CloudService = {
    name: "ses",
    operationOf: ({ method, url }) =>
      method === "POST" && url.pathname === "/v2/email/outbound-emails" ? "SendEmail" : "Unknown",
    async handle(request, response) {
      try {
        if (service.operationOf(request) !== "SendEmail") {
          const asked = `${request.method} ${request.url.pathname}`;
          throw cloudError("NotImplemented", 501, `The local cloud's ses serves SendEmail, not ${asked}.`);
        }
        const input = parse(await request.bytes(maxBytes));
        refuseUnknownMembers(input, sendEmail, "The local cloud's ses does not serve SendEmail");
        const draft = await toDraft(input);
        authorizeSender(draft, request);
        const { id } = await mailbox.deliver(draft.mail);
        write(response, 200, { MessageId: id });
      } catch (error) {
        if (!isCloudError(error)) throw error;
        service.writeError(error, request, response);
      }
    },
    writeError(error, _request, response) {
      const code = error.code === "AccessDenied" ? "AccessDeniedException" : error.code;
      response.setHeader("x-amzn-errortype", code);
      write(response, error.status, { message: error.message });
    },
  };
  return service;

  /** The address and its domain may both be identities; SES uses the verified one. */
  function authorizeSender({ mail, raw }: Draft, request: CloudRequest): void {
    const address = bareAddress(mail.from);
    const domain = address.split("@")[1] ?? "";
    const candidates = [address, domain].filter((one) => options.identities?.includes(one) ?? true);
    if (candidates.length === 0) {
      const region = identity.region.toUpperCase();
      throw cloudError(
        "MessageRejected",
        400,
        `Email address is not verified. The following identities failed the check in region ${region}: ${address}`,
      );
    }
    const arn = (of: string) => `arn:${identity.partition}:ses:${identity.region}:${identity.accountId}:identity/${of}`;
    const refusals = candidates.map((candidate) => {
      try {
        request.authorize(raw ? "ses:SendRawEmail" : "ses:SendEmail", arn(candidate), { "ses:FromAddress": address });
        return undefined;
      } catch (error) {
        return error;
      }
    });
    if (!refusals.includes(undefined)) throw refusals[0];
  }
}

interface Draft {
  readonly mail: MailDraft;
  readonly raw: boolean;
}

async function toDraft(input: SendEmail): Promise<Draft> {
  const { Content = {}, Destination = {}, FromEmailAddress, ReplyToAddresses } = input;
  const addressed = {
    to: Destination.ToAddresses ?? [],
    cc: Destination.CcAddresses ?? [],
    bcc: Destination.BccAddresses ?? [],
    replyTo: ReplyToAddresses ?? [],
  };
  const draft = Content.Raw
    ? { mail: await readRaw(Content.Raw.Data ?? "", addressed, FromEmailAddress), raw: true }
    : { mail: readSimple(Content.Simple, addressed, FromEmailAddress), raw: false };
  const { from, to, cc = [], bcc = [] } = draft.mail;
  if (from === "") throw cloudError("BadRequestException", 400, "FromEmailAddress is missing. Name the sender.");
  const recipients = [...to, ...cc, ...bcc];
  if (recipients.length === 0) throw cloudError("BadRequestException", 400, "The mail has no recipient.");
  for (const address of [from, ...recipients]) {
    if (!/^[^@\s<>]+@[^@\s<>]+$/.test(bareAddress(address))) {
      throw cloudError("BadRequestException", 400, `"${address}" is no mail address.`);
    }
  }
  return draft;
}

type Addressed = Pick<MailDraft, "to" | "cc" | "bcc" | "replyTo">;

function readSimple(
  content: NonNullable<SendEmail["Content"]>["Simple"],
  addressed: Addressed,
  from: string | undefined,
): MailDraft {
  const text = content?.Body?.Text?.Data;
  const html = content?.Body?.Html?.Data;
  const subject = content?.Subject?.Data;
  if (subject === undefined || (text === undefined && html === undefined)) {
    throw cloudError("BadRequestException", 400, "Content.Simple needs a Subject, and a Text or Html Body.");
  }
  const attachments = (content?.Attachments ?? []).map(({ FileName, ContentType, RawContent, ContentId }) => ({
    fileName: FileName ?? "attachment",
    contentType: ContentType ?? "application/octet-stream",
    content: RawContent ?? "",
    ...(ContentId === undefined ? {} : { contentId: ContentId }),
  }));
  return {
    from: from ?? "",
    ...addressed,
    subject,
    text: text ?? "",
    ...(html === undefined ? {} : { html }),
    ...(attachments.length > 0 ? { attachments } : {}),
    origin: { service: "ses" },
  };
}

/** The destination, if given, replaces the message's own recipients, as on SES. */
async function readRaw(data: string, addressed: Addressed, from: string | undefined): Promise<MailDraft> {
  const parsed = await simpleParser(Buffer.from(data, "base64"), { skipImageLinks: true });
  const isGiven = [addressed.to, addressed.cc, addressed.bcc].some((list) => (list ?? []).length > 0);
  const attachments = parsed.attachments.map(({ filename, contentType, content, cid }) => ({
    fileName: filename ?? "attachment",
    contentType,
    content: content.toString("base64"),
    ...(cid === undefined ? {} : { contentId: cid }),
  }));
  return {
    from: from ?? addressesOf(parsed.from)[0] ?? "",
    to: isGiven ? addressed.to : addressesOf(parsed.to),
    cc: isGiven ? (addressed.cc ?? []) : addressesOf(parsed.cc),
    bcc: isGiven ? (addressed.bcc ?? []) : addressesOf(parsed.bcc),
    replyTo: addressesOf(parsed.replyTo),
    subject: parsed.subject ?? "",
    text: parsed.text ?? "",
    ...(parsed.html ? { html: parsed.html } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    origin: { service: "ses" },
  };
}

function addressesOf(field: AddressObject | AddressObject[] | undefined): string[] {
  return [field ?? []]
    .flat()
    .flatMap(({ value }) => value)
    .flatMap(({ name, address }) => (address === undefined ? [] : [name ? `${name} <${address}>` : address]));
}

/** `a@b` from `Name <a@b>`. */
function bareAddress(address: string): string {
  return (/<([^<>]*)>\s*$/.exec(address)?.[1] ?? address).trim();
}

function parse(body: Buffer): SendEmail {
  try {
    return JSON.parse(body.toString()) as SendEmail;
  } catch (error) {
    throw cloudError("SerializationException", 400, `The request's body is no JSON: ${(error as Error).message}`);
  }
}

function write(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    .end(body);
}
