import type { PolicyContext } from "../options";
import type { StoredObject } from "../store";
import { maxBody } from "../wire/body";
import { checksumHeader } from "../wire/checksums";
import { s3Error } from "../wire/errors";
import { authorizeObject, currentObject, defined, versionHeader, type Exchange } from "../wire/exchange";

/** The common parts of all operations that write an object. */

/** Checks the right to `s3:PutObject`, and to `s3:PutObjectTagging` if the request has tags. */
export function authorizeWrite(exchange: Exchange): void {
  authorizeObject(exchange, "s3:PutObject", writeContext(exchange.header));
  if (exchange.header("x-amz-tagging") !== undefined) authorizeObject(exchange, "s3:PutObjectTagging");
}

/** The condition keys that a write's headers set. */
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

/** S3 must know the length beforehand. @throws CloudError MissingContentLength, EntityTooLarge */
export function requireLength(exchange: Exchange): void {
  const length = exchange.header("x-amz-decoded-content-length") ?? exchange.header("content-length");
  if (length === undefined) throw s3Error("MissingContentLength");
  if (Number(length) > maxBody) {
    throw s3Error("EntityTooLarge", { ProposedSize: length, MaxSizeAllowed: String(maxBody) });
  }
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

export function checksumHeaders({ checksum }: Pick<StoredObject, "checksum">): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

/**
 * Checks a write's `If-Match` and `If-None-Match`. To be called in the same turn as the write.
 *
 * @throws CloudError PreconditionFailed; NoSuchKey if there is nothing to match; as on AWS, NotImplemented for an
 * If-None-Match other than `*` and for an If-Match of `*`
 */
export function checkWriteConditions(exchange: Exchange, key = exchange.key): void {
  const { core, bucket } = exchange;
  const none = exchange.header("if-none-match");
  const match = exchange.header("if-match");
  const current = currentObject(core, bucket.name, key);
  if (none !== undefined && none !== "*") throw unacceptable("If-None-Match");
  if (match === "*") throw unacceptable("If-Match");
  if (none !== undefined && current) throw s3Error("PreconditionFailed", { Condition: "If-None-Match" });
  if (match !== undefined) checkMatch(current, match, key);
}

function unacceptable(name: string) {
  return s3Error("NotImplemented", {
    Header: name,
    additionalMessage: `We don't accept the provided value of ${name} header for this API`,
  });
}

/** @throws CloudError NoSuchKey, PreconditionFailed */
export function checkMatch(current: StoredObject | undefined, match: string, key: string): void {
  if (!current) throw s3Error("NoSuchKey", { Key: key });
  if (match !== "*" && match.replaceAll('"', "") !== current.etag) {
    throw s3Error("PreconditionFailed", { Condition: "If-Match" });
  }
}
