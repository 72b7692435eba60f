import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Caller, CloudRequest } from "../../../gateway/service";
import { openOutbox, type Outbox } from "../store/events";
import type { DeclaredBucket, PolicyContext, S3Options } from "../options";
import type { Store, StoredObject, Version } from "../store";
import { invalidArgument, s3Error } from "./errors";
import { toXml, type XmlObject } from "./xml";

/** The dependencies of every operation. */
export interface Core {
  readonly options: S3Options;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly buckets: ReadonlyMap<string, DeclaredBucket>;
  /** The start of this run. */
  readonly opened: Date;
  readonly now: () => Date;
  /** The ARN of a bucket, or of an object in it. */
  arn(bucket: string, key?: string): string;
  /** The canonical user id of the one account. */
  readonly ownerId: string;
}

export function openCore(options: S3Options, store: Store): Core {
  const now = options.now ?? (() => new Date());
  return {
    options,
    store,
    outbox: openOutbox(store, options.emit),
    buckets: new Map(options.buckets.map((bucket) => [bucket.name, checkBucket(bucket)])),
    opened: now(),
    now,
    arn: (bucket, key) => `arn:${options.identity.partition}:s3:::${bucket}${key === undefined ? "" : `/${key}`}`,
    ownerId: createHash("sha256").update(options.identity.accountId).digest("hex"),
  };
}

function checkBucket(bucket: DeclaredBucket): DeclaredBucket {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket.name)) {
    throw new Error(
      `The bucket name "${bucket.name}" is not valid: S3 takes 3 to 63 characters of a-z, 0-9, dot and dash, ` +
        `with a letter or digit at both ends. Rename the bucket in the program.`,
    );
  }
  return bucket;
}

/** The subject of an authorization: the sender of the request, or the signer of a form. */
export interface Subject {
  readonly caller: Caller;
  authorize(action: string, resource: string, context?: PolicyContext): void;
}

/** The subject of a request without any signature. */
export const nobody: Caller = { kind: "anonymous", arn: "anonymous" };

/** A subject other than the request's sender. */
export function subjectOf(options: S3Options, caller: Caller): Subject {
  return {
    caller,
    authorize: (action, resource, context = {}) => options.authorizeAs(caller, action, resource, context),
  };
}

/** One request on its way through an operation. */
export interface Exchange {
  readonly core: Core;
  readonly request: CloudRequest;
  readonly response: ServerResponse;
  /** The bucket that the path names. */
  readonly bucket: DeclaredBucket;
  /** The key that the path names; empty in operations on a bucket. */
  readonly key: string;
  /** A header, or on a presigned request the query parameter that replaces it. */
  readonly header: (name: string) => string | undefined;
  readonly query: (name: string) => string | undefined;
}

/**
 * Parameters that replace no header: those of the signature itself, and checksums. S3 ignores the latter, and the SDK
 * for JavaScript signs the checksum of an empty body into its URLs.
 */
const noHeader =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|checksum-(?!mode$|algorithm$|type$).*|sdk-checksum-.*)$/;

export function headerReader(request: CloudRequest): Exchange["header"] {
  const query = request.url.searchParams;
  const presigned = new Map<string, string>();
  if (request.signature?.expiresIn !== undefined) {
    for (const [name, value] of query) {
      const header = name.toLowerCase();
      if (header.startsWith("x-amz-") && !noHeader.test(header)) presigned.set(header, headerText(value));
    }
  }
  return (name) => {
    const value = request.headers[name] ?? presigned.get(name);
    return Array.isArray(value) ? value.join(",") : value;
  };
}

/** A text in Node's form of headers: one character for each byte of its UTF-8. */
export function headerText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** All headers whose name starts with the prefix, by the rest of the name; on presigned requests the parameters too. */
export function headersBelow(exchange: Exchange, prefix: string): Record<string, string> {
  const names = new Set([
    ...Object.keys(exchange.request.headers),
    ...[...exchange.request.url.searchParams.keys()].map((name) => name.toLowerCase()),
  ]);
  const below: Record<string, string> = {};
  for (const name of names) {
    const value = name.startsWith(prefix) ? exchange.header(name) : undefined;
    if (value !== undefined) below[name.slice(prefix.length)] = value;
  }
  return below;
}

/**
 * Throws AccessDenied unless the subject may perform the action. `request.authorize` evaluates the caller's own and the
 * bucket's policy; a bucket's block of public access is checked in addition, for anonymous callers.
 */
export function authorize(
  subject: Subject,
  bucket: DeclaredBucket,
  action: string,
  resource: string,
  context: PolicyContext = {},
): void {
  if (subject.caller.kind === "anonymous" && bucket.publicAccessBlocked) throw s3Error("AccessDenied");
  subject.authorize(action, resource, context);
}

/** {@link authorize} for the object or bucket of the exchange. */
export function authorizeObject(exchange: Exchange, action: string, context?: PolicyContext): void {
  const { core, bucket, key, request } = exchange;
  authorize(request, bucket, action, core.arn(bucket.name, key), context);
}

export function authorizeBucket(exchange: Exchange, action: string, context?: PolicyContext): void {
  const { core, bucket, request } = exchange;
  authorize(request, bucket, action, core.arn(bucket.name), context);
}

/** The newest object of a key, if it is not deleted. */
export function currentObject(core: Core, bucket: string, key: string): StoredObject | undefined {
  const [current] = core.store.versions(bucket, key);
  return current?.deleteMarker === false ? current : undefined;
}

/**
 * Finds the version that a read names, or the current one.
 *
 * @throws CloudError NoSuchVersion, NoSuchKey; AccessDenied in its place for callers who may not list the bucket, so
 * that nobody learns from the difference which keys exist
 */
export function findVersion(
  core: Core,
  subject: Subject,
  bucket: DeclaredBucket,
  key: string,
  versionId?: string,
): Version {
  if (versionId !== undefined) checkVersionId(versionId);
  const versions = core.store.versions(bucket.name, key);
  const found = versionId === undefined ? versions[0] : versions.find((version) => version.versionId === versionId);
  if (found) return found;
  authorize(subject, bucket, "s3:ListBucket", core.arn(bucket.name));
  throw versionId === undefined
    ? s3Error("NoSuchKey", { Key: key })
    : s3Error("NoSuchVersion", { Key: key, VersionId: versionId });
}

/** @throws CloudError InvalidArgument */
export function checkVersionId(versionId: string): void {
  if (versionId !== "null" && !/^[A-Za-z0-9._-]{32}$/.test(versionId)) {
    throw invalidArgument("versionId", versionId, "Invalid version id specified");
  }
}

/** A number in the query, at most `most`. @throws CloudError InvalidArgument */
export function readCount(exchange: Pick<Exchange, "query">, name: string, standard: number, most: number): number {
  const text = exchange.query(name);
  if (text === undefined || text === "") return standard;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2 ** 31 - 1) {
    throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and 2147483647`);
  }
  return Math.min(Number(text), most);
}

/** Sends headers and no body. */
export function sendEmpty(
  { response }: Pick<Exchange, "response">,
  status: number,
  headers: Record<string, string | undefined> = {},
): void {
  response.writeHead(status, {
    ...defined(headers),
    ...(status === 204 || status === 304 ? {} : { "content-length": "0" }),
  });
  response.end();
}

export function sendXml(
  { response }: Pick<Exchange, "response">,
  root: string,
  content: XmlObject | string,
  headers: Record<string, string | undefined> = {},
  status = 200,
): void {
  const body = Buffer.from(toXml(root, content));
  response.writeHead(status, {
    "content-type": "application/xml",
    "content-length": String(body.length),
    ...defined(headers),
  });
  response.end(body);
}

/** The headers that have a value. */
export function defined(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `x-amz-version-id`, if the bucket has versions. */
export function versionHeader(versionId: string): string | undefined {
  return versionId === "null" ? undefined : versionId;
}
