import { firstUnowned, type Owned, type Unowned } from "../../../gateway/owned";
import type { CloudRequest } from "../../../gateway/service";
import { s3Error } from "../wire/errors";
import type { Exchange } from "../wire/exchange";
import type { XmlElement } from "../wire/xml";

/** An operation on a bucket or on an object. */
export interface Operation extends Owned {
  perform(exchange: Exchange): void | Promise<void>;
}

/** An operation on the service, without a bucket's name. */
export interface ServiceOperation extends Owned {
  performOnService(exchange: Omit<Exchange, "bucket" | "key">): void | Promise<void>;
}

/**
 * S3's part of every operation: the account is checked for every request, and a bucket that does not bill its readers
 * ignores the payer.
 */
const shared = ["x-amz-expected-bucket-owner", "x-amz-request-payer"];

/**
 * Checksums in a query replace no header: S3 ignores them, and SDKs sign the checksum of an empty body into their URLs.
 */
const idle = /^x-amz-(checksum-(?!mode$|algorithm$|type$).*|sdk-checksum-.*)$/;

/**
 * An unknown parameter may make a request another operation altogether (`PUT /bucket/key?renameObject`).
 *
 * @throws CloudError NotImplemented naming the operation and the first parameter or header that it does not own
 */
export function refuseUnowned(operation: Owned, { url, headers }: CloudRequest): void {
  const judged = new URL(url);
  for (const name of url.searchParams.keys()) if (idle.test(name.toLowerCase())) judged.searchParams.delete(name);
  const owned = { ...operation, headers: [...shared, ...(operation.headers ?? [])] };
  const other = firstUnowned(owned, { url: judged, headers });
  if (other) throw unowned(operation, other.kind, other.name);
}

export function unowned({ name }: Owned, kind: Unowned["kind"] | "field" | "element", what: string) {
  return s3Error(
    "NotImplemented",
    { Operation: name, Name: what },
    `The local S3 does not serve ${name} with the ${kind} ${what}.`,
  );
}

/** @throws CloudError NotImplemented naming the first child of an element that the operation does not know */
export function refuseElements(operation: Owned, element: XmlElement, known: readonly string[]): void {
  const other = element.names.find((name) => !known.includes(name));
  if (other !== undefined) throw unowned(operation, "element", other);
}

/** Headers that come with a body. */
export const bodyHeaders = [
  "x-amz-checksum-crc32",
  "x-amz-checksum-crc32c",
  "x-amz-checksum-crc64nvme",
  "x-amz-checksum-sha1",
  "x-amz-checksum-sha256",
  "x-amz-decoded-content-length",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-trailer",
];

/** Headers that describe a new object. */
export const attributeHeaders = [
  "x-amz-acl",
  "x-amz-meta-*",
  "x-amz-server-side-encryption",
  "x-amz-storage-class",
  "x-amz-tagging",
];

/** Headers that name the source of a copy, and its conditions. */
export const sourceHeaders = [
  "x-amz-copy-source",
  "x-amz-copy-source-if-match",
  "x-amz-copy-source-if-modified-since",
  "x-amz-copy-source-if-none-match",
  "x-amz-copy-source-if-unmodified-since",
  "x-amz-source-expected-bucket-owner",
];
