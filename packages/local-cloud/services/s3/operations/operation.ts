import type { CloudRequest } from "../../../gateway/service";
import { s3Error } from "../wire/errors";
import type { Exchange } from "../wire/exchange";
import type { XmlElement } from "../wire/xml";

/**
 * What a request may carry for an operation to be what it is. Anything else is refused by name: an option that is
 * passed over would be a false success, and a parameter that is not known may make it another operation altogether
 * (`PUT /bucket/key?renameObject`).
 */
export interface Owned {
  /** As in the API reference: `GetObject`. */
  readonly name: string;
  /** Query parameters, those that tell the operation apart included. */
  readonly query?: readonly string[];
  /** `x-amz-` headers, in lower case; `x-amz-meta-*` stands for all that begin so. */
  readonly headers?: readonly string[];
}

/** An operation on a bucket or on an object. */
export interface Operation extends Owned {
  perform(exchange: Exchange): void | Promise<void>;
}

/** An operation on the service, which no bucket's name stands in front of. */
export interface ServiceOperation extends Owned {
  performOnService(exchange: Omit<Exchange, "bucket" | "key">): void | Promise<void>;
}

/** Headers of the protocol. What they say is either checked elsewhere or of no consequence here. */
const EVERYWHERE = [
  "x-amz-content-sha256",
  "x-amz-date",
  // The account is checked for every request.
  "x-amz-expected-bucket-owner",
  // A bucket that does not bill its readers takes no notice of it.
  "x-amz-request-payer",
  "x-amz-security-token",
  "x-amz-user-agent",
];

/** What the signature of a presigned URL adds to its query, and the SDK's note of the operation. */
const SIGNATURE = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "x-id",
]);

/** Checksums in a query stand for no header: S3 passes over them, and SDKs sign that of no body into their URLs. */
const IDLE = /^x-amz-(checksum-(?!mode$|algorithm$|type$).*|sdk-checksum-.*)$/;

/** @throws CloudError NotImplemented naming the operation and the first parameter or header that it does not own */
export function refuseUnowned(operation: Owned, { url, headers }: CloudRequest): void {
  for (const name of url.searchParams.keys()) {
    const lower = name.toLowerCase();
    // As a header; S3 lets everybody add `x-` parameters, for the access log.
    if (lower.startsWith("x-amz-")) {
      if (!SIGNATURE.has(lower) && !IDLE.test(lower) && !owns(operation, lower)) {
        throw unowned(operation, "query parameter", name);
      }
    } else if (!lower.startsWith("x-") && !operation.query?.includes(name)) {
      throw unowned(operation, "query parameter", name);
    }
  }
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-amz-") && !owns(operation, name)) throw unowned(operation, "header", name);
  }
}

/** Whether an operation owns an `x-amz-` header. */
export function owns({ headers = [] }: Owned, name: string): boolean {
  return [...EVERYWHERE, ...headers].some((owned) =>
    owned.endsWith("*") ? name.startsWith(owned.slice(0, -1)) : name === owned,
  );
}

export function unowned({ name }: Owned, kind: "query parameter" | "header" | "field" | "element", what: string) {
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
export const BODY_HEADERS = [
  "x-amz-checksum-crc32",
  "x-amz-checksum-crc32c",
  "x-amz-checksum-crc64nvme",
  "x-amz-checksum-sha1",
  "x-amz-checksum-sha256",
  "x-amz-decoded-content-length",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-trailer",
];

/** Headers that describe an object to be made. */
export const ATTRIBUTE_HEADERS = [
  "x-amz-acl",
  "x-amz-meta-*",
  "x-amz-server-side-encryption",
  "x-amz-storage-class",
  "x-amz-tagging",
];

/** Headers that name the source of a copy, and under which conditions it counts. */
export const SOURCE_HEADERS = [
  "x-amz-copy-source",
  "x-amz-copy-source-if-match",
  "x-amz-copy-source-if-modified-since",
  "x-amz-copy-source-if-none-match",
  "x-amz-copy-source-if-unmodified-since",
  "x-amz-source-expected-bucket-owner",
];
