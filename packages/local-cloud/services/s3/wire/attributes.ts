import type { Attributes } from "../store";
import { invalidArgument, s3Error } from "./errors";

type HeaderOf = (name: string) => string | undefined;

/** Headers of an upload that every read returns. */
export const keptHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
] as const;

/** S3's content type of an object that was uploaded without one. */
const defaultType = "binary/octet-stream";

/** Classes whose objects are readable at once. Classes that need a restore first are not served. */
const storageClasses = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY"];
const archiveClasses = ["GLACIER", "GLACIER_IR", "DEEP_ARCHIVE", "OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS"];

/** Bytes of names and values together. */
const maxMetadata = 2 * 1024;

export const noAttributes: Attributes = {
  headers: { "content-type": defaultType },
  metadata: {},
  storageClass: "STANDARD",
  tags: {},
};

/**
 * Reads an upload's description of its object, from headers or from a form's fields.
 *
 * @param metadata user metadata, without `x-amz-meta-`
 * @throws CloudError MetadataTooLarge, InvalidTag, InvalidStorageClass
 */
export function readAttributes(header: HeaderOf, metadata: Readonly<Record<string, string>>): Attributes {
  for (const [name, value] of Object.entries(metadata)) checkHeaderText(checkHeaderName(name), value);
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > maxMetadata) {
    throw s3Error("MetadataTooLarge", { Size: String(size), MaxSizeAllowed: String(maxMetadata) });
  }
  const headers: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = name === "content-encoding" ? withoutFraming(header(name)) : header(name);
    if (value !== undefined && value !== "") headers[name] = checkHeaderText(name, value);
  }
  headers["content-type"] ??= defaultType;
  return {
    headers,
    metadata: { ...metadata },
    storageClass: readStorageClass(header("x-amz-storage-class")),
    tags: readTagHeader(header("x-amz-tagging")),
  };
}

/** A value that no header can carry would break every later read. @throws CloudError InvalidArgument */
export function checkHeaderText(name: string, value: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw invalidArgument(name, value, `The value of ${name} has characters that a header cannot hold.`);
  }
  return value;
}

function checkHeaderName(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    throw invalidArgument(
      `x-amz-meta-${name}`,
      name,
      "The name of user metadata has characters that a header's name cannot hold.",
    );
  }
  return name;
}

/** `aws-chunked` is the encoding of the body in transit, not of the object. */
function withoutFraming(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name.toLowerCase() !== "aws-chunked")
    .join(", ");
}

function readStorageClass(name: string | undefined): string {
  if (name === undefined || storageClasses.includes(name)) return name ?? "STANDARD";
  if (archiveClasses.includes(name)) {
    throw s3Error("NotImplemented", { StorageClass: name }, `The local S3 does not serve the storage class ${name}.`);
  }
  throw s3Error("InvalidStorageClass", { StorageClassRequested: name });
}

/** `x-amz-tagging`: `a=1&b=2`. */
function readTagHeader(header: string | undefined): Record<string, string> {
  const pairs = [...new URLSearchParams(header ?? "")];
  return readTags(pairs);
}

/** @throws CloudError InvalidTag unless there are at most 10 tags of distinct names, within S3's lengths */
export function readTags(pairs: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length < pairs.length) {
    throw s3Error("InvalidTag", undefined, "Cannot provide multiple Tags with the same key");
  }
  if (pairs.length > 10) throw s3Error("InvalidTag", undefined, "Object tags cannot be greater than 10");
  for (const [name, value] of pairs) {
    if (name === "" || name.length > 128) {
      throw s3Error("InvalidTag", { TagKey: name }, "The TagKey you have provided is invalid");
    }
    if (value.length > 256) {
      throw s3Error("InvalidTag", { TagValue: value }, "The TagValue you have provided is invalid");
    }
  }
  return tags;
}

/**
 * Checks the headers of any request, or a form's fields, of which only some values are allowed.
 *
 * @throws CloudError NotImplemented for encryption by a key of KMS; AccessControlListNotSupported for an ACL, because
 * buckets enforce their owner, as new ones on AWS do; AccessDenied for another account's bucket
 */
export function checkShared(header: HeaderOf, accountId: string): void {
  const encryption = header("x-amz-server-side-encryption") ?? "AES256";
  if (encryption === "aws:kms" || encryption === "aws:kms:dsse") {
    throw s3Error(
      "NotImplemented",
      { Header: "x-amz-server-side-encryption" },
      `The local S3 does not serve encryption with ${encryption}.`,
    );
  }
  if (encryption !== "AES256") {
    throw invalidArgument(
      "x-amz-server-side-encryption",
      encryption,
      "The encryption method specified is not supported",
    );
  }
  const acl = header("x-amz-acl") ?? header("acl");
  if (acl !== undefined && acl !== "bucket-owner-full-control") throw s3Error("AccessControlListNotSupported");
  for (const name of ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"]) {
    if ((header(name) ?? accountId) !== accountId) throw s3Error("AccessDenied");
  }
}
