import { pipeline } from "node:stream/promises";

import { checkHeaderText, KEPT_HEADERS, readAttributes, readTags } from "../wire/attributes";
import { collect, MAX_BODY, openBody } from "../wire/body";
import { addObject, causeOf, checkWriteConditions, receive, using } from "../store/changes";
import { checksumHeader } from "../wire/checksums";
import { notModified, readRange, type ByteRange } from "../wire/conditions";
import { invalidArgument, s3Error } from "../wire/errors";
import {
  authorizeObject,
  defined,
  findVersion,
  headersBelow,
  headerText,
  sendEmpty,
  sendXml,
  versionHeader,
  type Exchange,
} from "../wire/exchange";
import type { PolicyContext } from "../options";
import type { StoredObject } from "../store";
import { fromXml } from "../wire/xml";

/** Operations on one object, but for copies, deletions and multipart uploads. */

export async function putObject(exchange: Exchange): Promise<void> {
  const { core, request, bucket, key } = exchange;
  authorizeWrite(exchange);
  const attributes = readAttributes(exchange.header, headersBelow(exchange, "x-amz-meta-"));
  const body = openBody(request, exchange.header, core.options);
  requireLength(exchange);
  const { blob, size, md5 } = await receive(core, body.chunks, { max: MAX_BODY });
  const object = await using(core, blob, () => {
    checkWriteConditions(exchange);
    const checksum = body.checksum();
    const arrived = { key, blob, size, etag: md5, attributes, ...(checksum ? { checksum } : {}) };
    return addObject(core, bucket, arrived, "PutObject", causeOf(exchange));
  });
  sendEmpty(exchange, 200, writtenHeaders(object));
}

/** Asks for `s3:PutObject`, and for `s3:PutObjectTagging` when tags come along. */
export function authorizeWrite(exchange: Exchange): void {
  authorizeObject(exchange, "s3:PutObject", writeContext(exchange.header));
  if (exchange.header("x-amz-tagging") !== undefined) authorizeObject(exchange, "s3:PutObjectTagging");
}

/** The condition keys that a write's headers give. */
export function writeContext(header: Exchange["header"]): PolicyContext {
  const names = [
    "x-amz-acl",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-metadata-directive",
    "x-amz-copy-source",
  ];
  const entries = names.map((name) => [`s3:${name}`, header(name)] as const);
  return defined(Object.fromEntries(entries));
}

/** S3 wants to know beforehand how much comes. @throws CloudError MissingContentLength, EntityTooLarge */
export function requireLength(exchange: Exchange): void {
  const length = exchange.header("x-amz-decoded-content-length") ?? exchange.header("content-length");
  if (length === undefined) throw s3Error("MissingContentLength");
  if (Number(length) > MAX_BODY)
    throw s3Error("EntityTooLarge", { ProposedSize: length, MaxSizeAllowed: String(MAX_BODY) });
}

/** Headers of the answer to a write. */
export function writtenHeaders(object: StoredObject): Record<string, string | undefined> {
  return {
    etag: `"${object.etag}"`,
    "x-amz-server-side-encryption": "AES256",
    "x-amz-version-id": versionHeader(object.versionId),
    ...checksumHeaders(object),
  };
}

function checksumHeaders({ checksum }: Pick<StoredObject, "checksum">): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

/** GetObject, and HeadObject, which differs only in that no body is sent. */
export async function getObject(exchange: Exchange): Promise<void> {
  const { core, request, response } = exchange;
  const object = findReadable(exchange);
  const overrides = responseOverrides(exchange);
  if (notModified(object, exchange.header)) {
    sendEmpty(exchange, 304, {
      etag: `"${object.etag}"`,
      "last-modified": new Date(object.lastModified).toUTCString(),
    });
    return;
  }
  const range = partRange(exchange, object) ?? readRange(exchange.header("range"), object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const wantsChecksum = exchange.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const headers = defined({
    ...objectHeaders(object),
    ...overrides,
    "content-length": String(end - start + 1),
    "content-range": range && `bytes ${String(start)}-${String(end)}/${String(object.size)}`,
    "x-amz-mp-parts-count": exchange.query("partNumber") && object.parts && String(object.parts.length),
    // A range has a checksum of its own, which nobody knows; the client would take this for it.
    ...(wantsChecksum && !range ? checksumHeaders(object) : {}),
  });
  const status = range ? 206 : 200;
  if (request.method === "HEAD") {
    response.writeHead(status, headers).end();
    return;
  }
  const bytes = await core.store.read(object.blob, start, end);
  response.writeHead(status, headers);
  await pipeline(bytes, response);
}

/**
 * The object that a read names, after the caller's right to read it.
 *
 * @throws CloudError AccessDenied, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker named by its version
 */
export function findReadable(exchange: Exchange, actions = READ): StoredObject {
  const { core, request, response, bucket, key } = exchange;
  const versionId = exchange.query("versionId");
  if (versionId === undefined) authorizeObject(exchange, actions.current);
  else authorizeObject(exchange, actions.version, { "s3:VersionId": versionId });
  const version = findVersion(core, request, bucket, key, versionId);
  if (!version.deleteMarker) return version;
  response.setHeader("x-amz-delete-marker", "true");
  response.setHeader("x-amz-version-id", version.versionId);
  if (versionId === undefined) throw s3Error("NoSuchKey", { Key: key });
  response.setHeader("allow", "DELETE");
  throw s3Error("MethodNotAllowed", { Method: request.method, ResourceType: "DeleteMarker" });
}

const READ = { current: "s3:GetObject", version: "s3:GetObjectVersion" };

/** Headers that describe an object. */
export function objectHeaders(object: StoredObject): Record<string, string | undefined> {
  const tags = Object.keys(object.tags).length;
  return {
    ...object.headers,
    ...Object.fromEntries(Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
    "accept-ranges": "bytes",
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModified).toUTCString(),
    "x-amz-server-side-encryption": "AES256",
    "x-amz-version-id": versionHeader(object.versionId),
    "x-amz-storage-class": object.storageClass === "STANDARD" ? undefined : object.storageClass,
    "x-amz-tagging-count": tags > 0 ? String(tags) : undefined,
  };
}

/** `response-content-type` and its like: the signer of a URL decides how the browser takes the answer. */
function responseOverrides(exchange: Exchange): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = exchange.query(`response-${name}`);
    if (value !== undefined) overrides[name] = checkHeaderText(`response-${name}`, headerText(value));
  }
  if (Object.keys(overrides).length > 0 && exchange.request.caller.kind === "anonymous") {
    throw s3Error(
      "InvalidRequest",
      undefined,
      "Request specific response headers cannot be used for anonymous GET requests.",
    );
  }
  return overrides;
}

function partRange(exchange: Exchange, object: StoredObject): ByteRange | undefined {
  const asked = exchange.query("partNumber");
  if (asked === undefined) return undefined;
  const number = readPartNumber(asked);
  const parts = object.parts ?? [object.size];
  const size = parts[number - 1];
  if (size === undefined)
    throw s3Error("InvalidPartNumber", { ActualPartCount: String(parts.length), PartNumberRequested: asked });
  if (object.size === 0) return undefined;
  const start = parts.slice(0, number - 1).reduce((sum, part) => sum + part, 0);
  return { start, end: start + size - 1 };
}

/** @throws CloudError InvalidArgument */
export function readPartNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  if (number < 1 || number > 10_000) {
    throw invalidArgument(
      "partNumber",
      text ?? "null",
      "Part number must be an integer between 1 and 10000, inclusive",
    );
  }
  return number;
}

export function getObjectTagging(exchange: Exchange): void {
  const object = findReadable(exchange, { current: "s3:GetObjectTagging", version: "s3:GetObjectVersionTagging" });
  const Tag = Object.entries(object.tags).map(([Key, Value]) => ({ Key, Value }));
  sendXml(exchange, "Tagging", { TagSet: { Tag } }, { "x-amz-version-id": versionHeader(object.versionId) });
}

/** The most that the XML of ten tags can need. */
const MAX_TAGGING = 64 * 1024;

export async function putObjectTagging(exchange: Exchange): Promise<void> {
  const object = findReadable(exchange, { current: "s3:PutObjectTagging", version: "s3:PutObjectVersionTagging" });
  const body = openBody(exchange.request, exchange.header, exchange.core.options);
  const [set] = fromXml(await collect(body, MAX_TAGGING), "Tagging").all("TagSet");
  if (!set) throw s3Error("MalformedXML");
  const tags = readTags(set.all("Tag").map((tag) => [tag.child("Key") ?? "", tag.child("Value") ?? ""]));
  replaceTags(exchange, object, tags, 200);
}

export function deleteObjectTagging(exchange: Exchange): void {
  const object = findReadable(exchange, {
    current: "s3:DeleteObjectTagging",
    version: "s3:DeleteObjectVersionTagging",
  });
  replaceTags(exchange, object, {}, 204);
}

function replaceTags(exchange: Exchange, object: StoredObject, tags: Record<string, string>, status: number): void {
  const { core, bucket, key } = exchange;
  core.store.commit({ do: "tag", bucket: bucket.name, key, versionId: object.versionId, tags });
  sendEmpty(exchange, status, { "x-amz-version-id": versionHeader(object.versionId) });
}
