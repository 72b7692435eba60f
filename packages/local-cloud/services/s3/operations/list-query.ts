import type { DeclaredBucket } from "../options";
import type { StoredObject, Version } from "../store";
import { invalidArgument } from "../wire/errors";
import { authorizeBucket, defined, readCount, type Exchange } from "../wire/exchange";
import type { XmlObject } from "../wire/xml";

/** The common parameters of the lists of objects and of versions. */

/** The parameters that {@link readListQuery} reads. */
export const listQuery = ["delimiter", "encoding-type", "max-keys", "prefix"];

const maxKeysLimit = 1_000;

interface Encoding {
  readonly encoding: string | undefined;
  /** Encodes a key for the answer, if the client asked for it. */
  readonly encode: (text: string) => string;
}

export interface ListQuery extends Encoding {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
}

/** Reads the common parameters of all lists, and checks the right to list. */
export function readListQuery(exchange: Exchange, action: string): ListQuery {
  const prefix = exchange.query("prefix");
  const delimiter = exchange.query("delimiter");
  const maxKeys = exchange.query("max-keys");
  authorizeBucket(
    exchange,
    action,
    defined({ "s3:prefix": prefix, "s3:delimiter": delimiter, "s3:max-keys": maxKeys }),
  );
  return {
    prefix: prefix ?? "",
    delimiter: delimiter ?? "",
    limit: readCount(exchange, "max-keys", maxKeysLimit, maxKeysLimit),
    ...encodingOf(exchange),
  };
}

/** @throws CloudError InvalidArgument */
export function encodingOf(exchange: Exchange): Encoding {
  const encoding = exchange.query("encoding-type");
  if (encoding !== undefined && encoding !== "url") {
    throw invalidArgument("encoding-type", encoding, "Invalid Encoding Method specified in Request");
  }
  return { encoding, encode: encoding === "url" ? urlEncode : (text) => text };
}

/** S3's encoding of keys in lists: all but unreserved characters and the slash, and a blank as a plus. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+");
}

export function listHead(bucket: DeclaredBucket, query: ListQuery): XmlObject {
  return {
    Name: bucket.name,
    Prefix: query.encode(query.prefix),
    Delimiter: query.delimiter === "" ? undefined : query.encode(query.delimiter),
    MaxKeys: query.limit,
    EncodingType: query.encoding,
  };
}

export function contents(object: StoredObject, query: ListQuery): XmlObject {
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

export function commonPrefixes(prefixes: readonly string[], query: ListQuery): XmlObject[] {
  return prefixes.map((prefix) => ({ Prefix: query.encode(prefix) }));
}

export function isoTime({ lastModified }: Version): string {
  return new Date(lastModified).toISOString();
}

/** Continuation tokens hold the last key listed, marked so that a key given in their place is detected. */
const tokenPrefix = "1.";

export function toToken(last: string): string {
  return tokenPrefix + Buffer.from(last).toString("base64url");
}

export function readToken(token: string): string {
  if (!token.startsWith(tokenPrefix)) {
    throw invalidArgument("continuation-token", token, "The continuation token provided is incorrect");
  }
  return Buffer.from(token.slice(tokenPrefix.length), "base64url").toString();
}
