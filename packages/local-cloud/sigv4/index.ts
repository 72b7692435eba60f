/**
 * AWS Signature Version 4, the verifying side. Written from the public specification
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 *
 *   readSignature(head): Signature | undefined        what a request says of its signer; undefined when unsigned
 *   signatureMatches(head, signature, secret, payloadHash): boolean
 *   signingKey(secret, date, region, service): Buffer for S3's POST policies: hmac(signingKey, base64Policy)
 *   uriEncode(text): string                            RFC 3986 as SigV4 wants it
 *
 * Nothing here knows credentials, services or HTTP answers: the gateway does.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { cloudError } from "../gateway/service";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** The head of a request, as it came over the wire. */
export interface RequestHead {
  readonly method: string;
  /** The request target as sent (`/bucket/key?versionId=1`): a parsed URL would have lost `.` segments and escapes. */
  readonly target: string;
  /** Name, value, name, value …: node's own `rawHeaders`, because repeated headers count separately. */
  readonly rawHeaders: readonly string[];
}

/** What a signed request says of itself. Nothing of it is verified yet. */
export interface Signature {
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly scopeDate: string;
  readonly region: string;
  /** SigV4 name of the service, `s3`, `dynamodb` … */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly sessionToken?: string;
  /** Seconds that a presigned URL lives from `timestamp`; absent when the signature stands in a header. */
  readonly expiresIn?: number;
  /** `x-amz-content-sha256` as sent: a hash, `UNSIGNED-PAYLOAD` or `STREAMING-…`; undefined when not sent. */
  readonly payloadHash?: string;
}

/**
 * Reads the signature of a request, from the `Authorization` header or from the `X-Amz-…` query of a presigned URL.
 *
 * @throws CloudError `AuthorizationHeaderMalformed` (400) or `AuthorizationQueryParametersError` (400) naming what is
 * wrong with it
 */
export function readSignature(head: RequestHead): Signature | undefined {
  const authorization = header(head, "authorization");
  const query = new Map(queryPairs(head.target));
  if (authorization !== undefined) return readHeader(head, authorization);
  if (query.has("X-Amz-Algorithm")) return readQuery(head, query);
  return undefined;
}

function readHeader(head: RequestHead, authorization: string): Signature {
  const malformed = (why: string) =>
    cloudError(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header '${authorization.slice(0, 200)}' is malformed: ${why}.`,
    );
  if (!authorization.startsWith(`${ALGORITHM} `)) throw malformed(`the algorithm has to be ${ALGORITHM}`);
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length + 1)
      .split(",")
      .map((field) => field.trim().split(/=(.*)/s, 2) as [string, string]),
  );
  const field = (name: string) => {
    const value = fields.get(name);
    if (!value) throw malformed(`it has no ${name}`);
    return value;
  };
  const timestamp = header(head, "x-amz-date") ?? basicDate(header(head, "date"));
  if (timestamp === undefined) throw malformed("the request has neither an x-amz-date nor a date header");
  return {
    ...readScope(field("Credential"), malformed),
    ...optional("sessionToken", header(head, "x-amz-security-token")),
    ...optional("payloadHash", header(head, "x-amz-content-sha256")),
    signedHeaders: field("SignedHeaders").toLowerCase().split(";"),
    signature: field("Signature"),
    timestamp: checkTimestamp(timestamp, malformed),
  };
}

function readQuery(head: RequestHead, query: ReadonlyMap<string, string>): Signature {
  const malformed = (why: string) =>
    cloudError("AuthorizationQueryParametersError", 400, `The query of the presigned URL is malformed: ${why}.`);
  const field = (name: string) => {
    const value = query.get(name);
    if (!value) throw malformed(`it has no ${name}`);
    return value;
  };
  if (field("X-Amz-Algorithm") !== ALGORITHM) throw malformed(`X-Amz-Algorithm has to be ${ALGORITHM}`);
  const expires = field("X-Amz-Expires");
  const week = 604_800;
  if (!/^\d{1,7}$/.test(expires) || Number(expires) > week) {
    throw malformed(`X-Amz-Expires is ${expires}, but has to be a number of seconds up to ${week} (a week)`);
  }
  return {
    ...readScope(field("X-Amz-Credential"), malformed),
    ...optional("sessionToken", query.get("X-Amz-Security-Token")),
    ...optional("payloadHash", query.get("X-Amz-Content-Sha256") ?? header(head, "x-amz-content-sha256")),
    signedHeaders: field("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: field("X-Amz-Signature"),
    timestamp: checkTimestamp(field("X-Amz-Date"), malformed),
    expiresIn: Number(expires),
  };
}

/** `KEY/YYYYMMDD/REGION/SERVICE/aws4_request`, where the key may hold slashes. */
function readScope(credential: string, malformed: (why: string) => Error) {
  const parts = credential.split("/");
  const [scopeDate, region, service, terminator] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join("/");
  if (!accessKeyId || !scopeDate || !region || !service || terminator !== "aws4_request") {
    throw malformed(`the credential '${credential}' has to be KEY/YYYYMMDD/REGION/SERVICE/aws4_request`);
  }
  return { accessKeyId, scopeDate, region, service };
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

/**
 * True when the signature is the one that the secret makes for this request.
 *
 * @param payloadHash what stands for the body in the canonical request: its SHA-256 in hexadecimal, or the literal
 * (`UNSIGNED-PAYLOAD`, `STREAMING-…`) that the client signed in its place
 */
export function signatureMatches(
  head: RequestHead,
  signature: Signature,
  secret: string,
  payloadHash: string,
): boolean {
  const key = signingKey(secret, signature.scopeDate, signature.region, signature.service);
  const scope = `${signature.scopeDate}/${signature.region}/${signature.service}/aws4_request`;
  const given = Buffer.from(signature.signature.toLowerCase());
  return canonicalPaths(head.target, signature.service).some((path) => {
    const canonical = [
      head.method,
      path,
      canonicalQuery(head.target),
      ...signature.signedHeaders.map((name) => `${name}:${canonicalHeader(head, name)}`),
      "",
      signature.signedHeaders.join(";"),
      payloadHash,
    ].join("\n");
    const text = [ALGORITHM, signature.timestamp, scope, sha256(canonical)].join("\n");
    const expected = Buffer.from(createHmac("sha256", key).update(text).digest("hex"));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

/** The key that signs for one day, region and service. */
export function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  return [date, region, service, "aws4_request"].reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

/**
 * The canonical path: S3 takes the path encoded once, every other service encodes the sent path once more. Clients
 * differ in what they escape on the wire, so the path as sent and the path escaped anew both count.
 */
function canonicalPaths(target: string, service: string): string[] {
  const sent = pathOf(target);
  const anew = sent
    .split("/")
    .map((segment) => uriEncode(decode(segment)))
    .join("/");
  if (service === "s3") return [...new Set([sent, anew])];
  const twice = sent.split("/").map(uriEncode).join("/");
  return [...new Set([twice, sent])];
}

function pathOf(target: string): string {
  return target.split("?", 1)[0] || "/";
}

function canonicalQuery(target: string): string {
  return queryPairs(target)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The query as decoded pairs, in the order sent. A plus is a plus here, as in SigV4, not a blank. */
function queryPairs(target: string): [string, string][] {
  const start = target.indexOf("?");
  if (start < 0) return [];
  return target
    .slice(start + 1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s, 2);
      return [decode(name), decode(value)];
    });
}

function header(head: RequestHead, name: string): string | undefined {
  const values = valuesOf(head, name);
  return values.length === 0 ? undefined : values.join(",");
}

function canonicalHeader(head: RequestHead, name: string): string {
  return valuesOf(head, name)
    .map((value) => value.trim().replace(/\s+/g, " "))
    .join(",");
}

function valuesOf(head: RequestHead, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < head.rawHeaders.length; i += 2) {
    if (head.rawHeaders[i]?.toLowerCase() === name) values.push(head.rawHeaders[i + 1] ?? "");
  }
  return values;
}

/** Percent-encodes everything but RFC 3986's unreserved characters. */
export function uriEncode(text: string): string {
  // By way of bytes, because a lone surrogate would make encodeURIComponent throw.
  return encodeURIComponent(Buffer.from(text, "utf8").toString("utf8")).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Percent-decodes; text that is no valid encoding stays as it is, and then simply does not match. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}
