import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { UploadLimits } from "../../1-check-format/handler";
import { makeUploadId, uploadKey } from "../../contract/keys";
import {
  contentTypeOf,
  extensionOf,
  isPhotoExtension,
  type PhotoContentType,
  type PhotoExtension,
} from "../../contract/photo-types";
import { isLocale, type Locale } from "../../contract/reasons";
import { isEmail, isOfDomain, isStudentId } from "../../contract/students";
import type { IssuedUpload } from "../../contract/api";
import { metricLine } from "../../runtime/metrics";
import { countUp, everybody, secondsLeftOf, studentSubject } from "../../stores/daily-counts";
import { addAwaited } from "../../stores/uploads";
import { endpoint, jsonBody, refusal, refusalUntil, type Endpoint } from "../http";
import { invitationOf, type Access } from "../invitation";
import { presignPost, type Signer } from "../presign";
import { emailDomainRule, type FieldError } from "../../contract/problems";

/** The body of a good request. */
export interface RequestedUpload {
  readonly studentId: string;
  readonly extension: PhotoExtension;
  readonly contentType: PhotoContentType;
  readonly bytes: number;
  readonly email: string | undefined;
  readonly locale: Locale | undefined;
}

export interface IssueUploadSettings {
  readonly uploadTable: string;
  readonly photoBucket: string;
  readonly limits: Pick<UploadLimits, "maxBytes">;
  /** The seconds for which the form can be posted. */
  readonly expirySeconds: number;
  /** The days for which an upload's row is kept. */
  readonly rowDays: number;
  /** The uploads of a day: one student's, and everybody's while anybody can upload for anybody. */
  readonly dailyLimits: { readonly perStudent: number; readonly ifOpen: number };
  readonly functionName: string;
  readonly defaultLocale: Locale;
  readonly access: Access;
  /** The domains of the addresses that may be given without an invitation. */
  readonly studentDomains: readonly string[];
}

export interface IssueUploadClients {
  readonly dynamodb: Pick<DynamoDB, "putItem" | "updateItem">;
  readonly signer: () => Signer;
  readonly now: () => Date;
  /** Ten unguessable bytes: they make the uploadId the key to its own status. */
  readonly random: () => Uint8Array;
  /** Writes one line to the log as it is. */
  readonly print: (line: string) => void;
}

/** `POST /uploads`: names an upload and signs the form that stores its photo. */
export function issueUpload(settings: IssueUploadSettings, clients: IssueUploadClients): Endpoint {
  return endpoint("IssueUpload", settings.defaultLocale, async (request, locale) => {
    const now = clients.now();
    const invitation = invitationOf(request, settings.access);
    if (invitation !== undefined && invitation.expires * 1000 <= now.getTime()) throw refusal("invitation-expired");
    const body = jsonBody(request);
    // An invitation names the student, so the body need not.
    const studentId = body["studentId"] ?? invitation?.studentId;
    const upload = readUploadRequest({ ...body, studentId }, settings.limits.maxBytes);
    if (invitation !== undefined && upload.studentId !== invitation.studentId) throw refusal("invitation-foreign");
    const { email } = invitation ?? ofSchool(upload, settings.studentDomains);
    await countUpload(settings, clients, upload.studentId, now);
    const uploadId = makeUploadId(now.getTime(), clients.random());
    const expiresAt = new Date(now.getTime() + settings.expirySeconds * 1000);
    const { url, fields } = presignPost(
      clients.signer(),
      {
        bucket: settings.photoBucket,
        key: uploadKey(upload.studentId, uploadId, upload.extension),
        contentType: upload.contentType,
        maxBytes: upload.bytes,
        expiresAt,
      },
      now,
    );
    await addAwaited(clients.dynamodb, settings.uploadTable, {
      uploadId,
      studentId: upload.studentId,
      createdAt: now,
      rowDays: settings.rowDays,
      email,
      locale: upload.locale ?? locale,
    });
    const issued: IssuedUpload = { uploadId, url, fields, expiresAt: expiresAt.toISOString() };
    return { status: 201, body: issued, uploadId };
  });
}

/** The requests refused because everybody's limit of the day was reached, for an alarm. Measured only if there are any. */
export const overDailyLimit = "UploadsOverDailyLimit";

/**
 * Counts an upload towards the limits of the day. A form that is never posted counts as well: the API cannot see posts.
 *
 * @throws a refusal that says when the next day begins
 */
async function countUpload(
  { uploadTable, access, dailyLimits, functionName }: IssueUploadSettings,
  { dynamodb, print }: IssueUploadClients,
  studentId: string,
  now: Date,
): Promise<void> {
  const isOpen = access.mode === "open";
  if (!(await countUp(dynamodb, uploadTable, studentSubject(studentId), dailyLimits.perStudent, now))) {
    throw refusalUntil("student-limit", secondsLeftOf(now));
  }
  if (!isOpen || (await countUp(dynamodb, uploadTable, everybody, dailyLimits.ifOpen, now))) return;
  print(metricLine(overDailyLimit, 1, functionName, now));
  throw refusalUntil("pipeline-limit", secondsLeftOf(now));
}

/**
 * The address that the student has given. With an invitation it is not asked for: the holder of a link could have the
 * school mail anybody.
 *
 * @throws a refusal if the address is of none of the school's domains
 */
function ofSchool({ email }: RequestedUpload, domains: readonly string[]): Pick<RequestedUpload, "email"> {
  if (email === undefined || isOfDomain(email, domains)) return { email };
  throw refusal("invalid-request", [{ field: "email", rule: emailDomainRule }]);
}

/**
 * Checks all fields of a request's body.
 *
 * @throws a refusal with every field that breaks its rule
 */
function readUploadRequest(body: Readonly<Record<string, unknown>>, maxBytes: number): RequestedUpload {
  const errors: FieldError[] = [];
  const { fileName, contentType, bytes } = body;
  const studentId = typeof body["studentId"] === "string" && isStudentId(body["studentId"]) ? body["studentId"] : "";
  if (studentId === "") errors.push({ field: "studentId" });

  const name = typeof fileName === "string" && fileName.length <= 255 ? fileName : "";
  const extension = extensionOf(name);
  if (name === "") errors.push({ field: "fileName" });
  else if (!isPhotoExtension(extension)) errors.push({ field: "fileName", reason: "FORMAT_NOT_SUPPORTED" });

  const expected = isPhotoExtension(extension) ? contentTypeOf(extension) : undefined;
  const isPhotoType = contentType === "image/jpeg" || contentType === "image/png";
  if (expected === undefined ? !isPhotoType : contentType !== expected) errors.push({ field: "contentType" });

  const size = typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : 0;
  if (size === 0) errors.push({ field: "bytes" });
  else if (size > maxBytes) errors.push({ field: "bytes", reason: "FILE_TOO_LARGE" });

  // A form sends an empty text for a field that was left out.
  const email = body["email"] === null || body["email"] === "" ? undefined : body["email"];
  const isAddress = email === undefined || isEmail(email);
  if (!isAddress) errors.push({ field: "email" });
  const locale = body["locale"] === null || body["locale"] === "" ? undefined : body["locale"];
  const isKnown = locale === undefined || isLocale(locale);
  if (!isKnown) errors.push({ field: "locale" });

  if (errors.length > 0 || !isPhotoExtension(extension) || expected === undefined || !isAddress || !isKnown) {
    throw refusal("invalid-request", errors);
  }
  return { studentId, extension, contentType: expected, bytes: size, email, locale };
}
