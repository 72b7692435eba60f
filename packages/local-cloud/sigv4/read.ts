import { cloudError } from "../gateway/errors";
import { headerOf, type RequestHead } from "./head";

export const signingAlgorithm = "AWS4-HMAC-SHA256";

/** The day, region and service that a key signs for. */
export interface Scope {
  /** `YYYYMMDD`. */
  readonly scopeDate: string;
  readonly region: string;
  /** SigV4 name of the service, `s3`, `dynamodb` … */
  readonly service: string;
}

/** The parts of `Credential`: `KEY/YYYYMMDD/REGION/SERVICE/aws4_request`. */
export interface Credential extends Scope {
  readonly accessKeyId: string;
}

/** A signed request's statements about itself. None of them is verified yet. */
export interface Signature extends Credential {
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly sessionToken?: string | undefined;
  /** Seconds that a presigned URL lives from `timestamp`; undefined if the signature is in a header. */
  readonly expiresIn?: number | undefined;
  /** `x-amz-content-sha256` as sent: a hash, `UNSIGNED-PAYLOAD` or `STREAMING-…`; undefined if not sent. */
  readonly payloadHash?: string | undefined;
}

/**
 * Reads the signature of a request, from the `Authorization` header or from the `X-Amz-…` query of a presigned URL.
 *
 * @returns undefined for a request that is not signed
 * @throws CloudError `AuthorizationHeaderMalformed` (400) or `AuthorizationQueryParametersError` (400) that names the
 * fault
 */
export function readSignature(head: RequestHead): Signature | undefined {
  const authorization = headerOf(head, "authorization");
  if (authorization !== undefined) return readHeader(head, authorization);
  const query = new Map(head.query);
  return query.has("X-Amz-Algorithm") ? readQuery(head, query) : undefined;
}

function readHeader(head: RequestHead, authorization: string): Signature {
  const malformed = (why: string) =>
    cloudError(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header '${authorization.slice(0, 200)}' is malformed: ${why}.`,
    );
  if (!authorization.startsWith(`${signingAlgorithm} `)) throw malformed(`the algorithm has to be ${signingAlgorithm}`);
  const fields = new Map(
    authorization
      .slice(signingAlgorithm.length + 1)
      .split(",")
      .map((field) => field.trim().split(/=(.*)/s, 2) as [string, string]),
  );
  const field = (name: string) => {
    const value = fields.get(name);
    if (!value) throw malformed(`it has no ${name}`);
    return value;
  };
  const timestamp = headerOf(head, "x-amz-date") ?? basicDate(headerOf(head, "date"));
  if (timestamp === undefined) throw malformed("the request has neither an x-amz-date nor a date header");
  return {
    ...credentialOf(field("Credential"), malformed),
    sessionToken: headerOf(head, "x-amz-security-token"),
    payloadHash: headerOf(head, "x-amz-content-sha256"),
    signedHeaders: field("SignedHeaders").toLowerCase().split(";"),
    signature: field("Signature"),
    timestamp: checkTimestamp(timestamp, malformed),
  };
}

/** A week: the longest that a presigned URL may live, in seconds. */
const maxExpires = 604_800;

function readQuery(head: RequestHead, query: ReadonlyMap<string, string>): Signature {
  const malformed = (why: string) =>
    cloudError("AuthorizationQueryParametersError", 400, `The query of the presigned URL is malformed: ${why}.`);
  const field = (name: string) => {
    const value = query.get(name);
    if (!value) throw malformed(`it has no ${name}`);
    return value;
  };
  if (field("X-Amz-Algorithm") !== signingAlgorithm) throw malformed(`X-Amz-Algorithm has to be ${signingAlgorithm}`);
  const expires = field("X-Amz-Expires");
  if (!/^\d{1,7}$/.test(expires) || Number(expires) > maxExpires) {
    throw malformed(`X-Amz-Expires is ${expires}, but has to be a number of seconds up to ${maxExpires} (a week)`);
  }
  return {
    ...credentialOf(field("X-Amz-Credential"), malformed),
    sessionToken: query.get("X-Amz-Security-Token"),
    payloadHash: query.get("X-Amz-Content-Sha256") ?? headerOf(head, "x-amz-content-sha256"),
    signedHeaders: field("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: field("X-Amz-Signature"),
    timestamp: checkTimestamp(field("X-Amz-Date"), malformed),
    expiresIn: Number(expires),
  };
}

/** Reads `KEY/YYYYMMDD/REGION/SERVICE/aws4_request`, where the key may hold slashes; undefined for anything else. */
export function readCredential(text: string): Credential | undefined {
  const [, accessKeyId, scopeDate, region, service] =
    /^(.+)\/([^/]+)\/([^/]+)\/([^/]+)\/aws4_request$/s.exec(text) ?? [];
  if (!accessKeyId || !scopeDate || !region || !service) return undefined;
  return { accessKeyId, scopeDate, region, service };
}

function credentialOf(text: string, malformed: (why: string) => Error): Credential {
  const credential = readCredential(text);
  if (credential) return credential;
  throw malformed(`the credential '${text}' has to be KEY/YYYYMMDD/REGION/SERVICE/aws4_request`);
}

function checkTimestamp(timestamp: string, malformed: (why: string) => Error): string {
  if (!/^\d{8}T\d{6}Z$/.test(timestamp)) throw malformed(`the date '${timestamp}' has to be YYYYMMDDTHHMMSSZ`);
  return timestamp;
}

/** An HTTP date as the basic ISO 8601 format that is signed. */
function basicDate(date: string | undefined): string | undefined {
  const time = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(time) ? date : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Milliseconds since 1970 of a `YYYYMMDDTHHMMSSZ`. */
export function timeOf(timestamp: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)?.map(Number) ?? [];
  return Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour, minute, second);
}
