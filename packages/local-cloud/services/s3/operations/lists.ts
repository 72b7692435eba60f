import { invalidArgument } from "../wire/errors";
import {
  authorizeBucket,
  currentObject,
  readCount,
  sendEmpty,
  sendXml,
  type Core,
  type Exchange,
} from "../wire/exchange";
import { walk, type Walk } from "../store/listing";
import type { DeclaredBucket } from "../options";
import type { StoredObject, Version } from "../store";
import type { XmlObject } from "../wire/xml";

/** Lists, and what can be read of a bucket. */

const MAX_KEYS = 1_000;

interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  readonly encoding: string | undefined;
  /** Encodes a key for the answer, if the client asked for it. */
  encode(text: string): string;
}

/** Reads what all lists have in common, and asks for the right to list. */
function readListQuery(exchange: Exchange, action: string): ListQuery {
  const prefix = exchange.query("prefix");
  const delimiter = exchange.query("delimiter");
  const maxKeys = exchange.query("max-keys");
  authorizeBucket(exchange, action, {
    ...(prefix === undefined ? {} : { "s3:prefix": prefix }),
    ...(delimiter === undefined ? {} : { "s3:delimiter": delimiter }),
    ...(maxKeys === undefined ? {} : { "s3:max-keys": maxKeys }),
  });
  const encoding = exchange.query("encoding-type");
  if (encoding !== undefined && encoding !== "url") {
    throw invalidArgument("encoding-type", encoding, "Invalid Encoding Method specified in Request");
  }
  return {
    prefix: prefix ?? "",
    delimiter: delimiter ?? "",
    limit: readCount(exchange, "max-keys", MAX_KEYS, MAX_KEYS),
    encoding,
    encode: encoding === "url" ? urlEncode : (text) => text,
  };
}

/** As S3 encodes keys in lists: all but unreserved characters and the slash, and a blank as a plus. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+");
}

function walkObjects({ core, bucket }: Exchange, query: Walk) {
  return walk(core.store.keys(bucket.name), query, (key) => {
    const object = currentObject(core, bucket.name, key);
    return object ? [object] : [];
  });
}

export function listObjectsV2(exchange: Exchange): void {
  const { core, bucket } = exchange;
  const query = readListQuery(exchange, "s3:ListBucket");
  const token = exchange.query("continuation-token");
  const startAfter = exchange.query("start-after");
  const after = token === undefined ? (startAfter ?? "") : readToken(token);
  const page = walkObjects(exchange, { ...query, after });
  const owner = exchange.query("fetch-owner") === "true" ? { Owner: { ID: core.ownerId } } : {};
  sendXml(exchange, "ListBucketResult", {
    ...listHead(bucket, query),
    KeyCount: page.items.length + page.commonPrefixes.length,
    IsTruncated: page.truncated,
    ContinuationToken: token,
    NextContinuationToken: page.truncated ? toToken(page.last) : undefined,
    StartAfter: startAfter === undefined ? undefined : query.encode(startAfter),
    Contents: page.items.map((object) => ({ ...contents(object, query), ...owner })),
    CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
  });
}

export function listObjects(exchange: Exchange): void {
  const { core, bucket } = exchange;
  const query = readListQuery(exchange, "s3:ListBucket");
  const marker = exchange.query("marker") ?? "";
  const page = walkObjects(exchange, { ...query, after: marker });
  // Without a delimiter clients go on from the last key; S3 names the next marker only where that is not enough.
  const next = page.truncated && query.delimiter !== "" ? query.encode(page.last) : undefined;
  sendXml(exchange, "ListBucketResult", {
    ...listHead(bucket, query),
    Marker: query.encode(marker),
    NextMarker: next,
    IsTruncated: page.truncated,
    Contents: page.items.map((object) => ({ ...contents(object, query), Owner: { ID: core.ownerId } })),
    CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
  });
}

export function listObjectVersions(exchange: Exchange): void {
  const { core, bucket } = exchange;
  const query = readListQuery(exchange, "s3:ListBucketVersions");
  const keyMarker = exchange.query("key-marker") ?? "";
  const versionMarker = exchange.query("version-id-marker") ?? "";
  if (versionMarker !== "" && keyMarker === "") {
    throw invalidArgument(
      "version-id-marker",
      versionMarker,
      "A version-id marker cannot be specified without a key marker.",
    );
  }
  const page = walk(
    core.store.keys(bucket.name),
    { ...query, after: keyMarker },
    (key) => core.store.versions(bucket.name, key),
    (versions) => {
      const listed = versions.findIndex(({ versionId }) => versionId === versionMarker);
      return listed < 0 ? [] : versions.slice(listed + 1);
    },
  );
  const common = page.commonPrefixes.at(-1) === page.last;
  const entry = (version: Version): XmlObject => ({
    ...(version.deleteMarker
      ? { Key: query.encode(version.key), LastModified: isoTime(version) }
      : contents(version, query)),
    VersionId: version.versionId,
    IsLatest: core.store.versions(bucket.name, version.key)[0] === version,
    Owner: { ID: core.ownerId },
  });
  sendXml(exchange, "ListVersionsResult", {
    ...listHead(bucket, query),
    KeyMarker: query.encode(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: page.truncated ? query.encode(page.last) : undefined,
    NextVersionIdMarker: page.truncated && !common ? page.items.at(-1)?.versionId : undefined,
    IsTruncated: page.truncated,
    Version: page.items.filter(({ deleteMarker }) => !deleteMarker).map(entry),
    DeleteMarker: page.items.filter(({ deleteMarker }) => deleteMarker).map(entry),
    CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
  });
}

function listHead(bucket: DeclaredBucket, query: ListQuery): XmlObject {
  return {
    Name: bucket.name,
    Prefix: query.encode(query.prefix),
    Delimiter: query.delimiter === "" ? undefined : query.encode(query.delimiter),
    MaxKeys: query.limit,
    EncodingType: query.encoding,
  };
}

function contents(object: StoredObject, query: ListQuery): XmlObject {
  return {
    Key: query.encode(object.key),
    LastModified: isoTime(object),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.size,
    StorageClass: object.storageClass,
  };
}

function commonPrefixes(prefixes: readonly string[], query: ListQuery): XmlObject[] {
  return prefixes.map((prefix) => ({ Prefix: query.encode(prefix) }));
}

function isoTime({ lastModified }: Version): string {
  return new Date(lastModified).toISOString();
}

/** Continuation tokens hold the last key listed, marked so that a key given in their place is noticed. */
const TOKEN = "1.";

function toToken(last: string): string {
  return TOKEN + Buffer.from(last).toString("base64url");
}

function readToken(token: string): string {
  if (!token.startsWith(TOKEN))
    throw invalidArgument("continuation-token", token, "The continuation token provided is incorrect");
  return Buffer.from(token.slice(TOKEN.length), "base64url").toString();
}

/** ListBuckets has no bucket, so it stands apart from the exchanges. */
export function bucketList(core: Core, created: Date): XmlObject {
  const Bucket = [...core.buckets.keys()].sort().map((Name) => ({ Name, CreationDate: created.toISOString() }));
  return { Owner: { ID: core.ownerId }, Buckets: { Bucket } };
}

export function headBucket(exchange: Exchange): void {
  authorizeBucket(exchange, "s3:ListBucket");
  sendEmpty(exchange, 200, { "x-amz-bucket-region": exchange.core.options.identity.region });
}

export function getBucketLocation(exchange: Exchange): void {
  authorizeBucket(exchange, "s3:GetBucketLocation");
  const { region } = exchange.core.options.identity;
  // The oldest region has no name here.
  sendXml(exchange, "LocationConstraint", region === "us-east-1" ? "" : region);
}

export function getBucketVersioning(exchange: Exchange): void {
  authorizeBucket(exchange, "s3:GetBucketVersioning");
  sendXml(exchange, "VersioningConfiguration", exchange.bucket.versioned ? { Status: "Enabled" } : {});
}
