import type { IncomingHttpHeaders } from "node:http";

import { s3Error } from "./errors";

/** The target of a request: the service itself, a bucket, or an object. */
export interface Target {
  readonly bucket: string | undefined;
  /** Decoded; `undefined` when the path ends with the bucket. */
  readonly key: string | undefined;
}

/** Longest key, in bytes of UTF-8. */
const maxKey = 1024;

/**
 * Reads a path-style address, `/bucket/key`. Everything after the second slash is the key, byte by byte: further
 * slashes count, a plus is a plus, and dots are dots.
 *
 * @throws CloudError InvalidURI if the percent-encoding is no UTF-8, KeyTooLongError above 1,024 bytes
 */
export function targetOf(path: string): Target {
  const [, bucket = "", rest] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? [];
  if (bucket === "") return { bucket: undefined, key: undefined };
  return { bucket: decode(bucket), key: rest ? checkKey(decode(rest)) : undefined };
}

/** @throws CloudError KeyTooLongError */
export function checkKey(key: string): string {
  const size = Buffer.byteLength(key);
  if (size > maxKey) {
    throw s3Error("KeyTooLongError", { Size: String(size), MaxSizeAllowed: String(maxKey) });
  }
  return key;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw s3Error("InvalidURI", { URI: text });
  }
}

/** Query parameters that turn an operation on a bucket or object into one on a part of it. */
const subresources: Readonly<Record<string, string>> = {
  accelerate: "AccelerateConfiguration",
  acl: "Acl",
  analytics: "AnalyticsConfiguration",
  attributes: "Attributes",
  cors: "Cors",
  encryption: "Encryption",
  "intelligent-tiering": "IntelligentTieringConfiguration",
  inventory: "InventoryConfiguration",
  "legal-hold": "LegalHold",
  lifecycle: "LifecycleConfiguration",
  location: "Location",
  logging: "Logging",
  metrics: "MetricsConfiguration",
  notification: "NotificationConfiguration",
  "object-lock": "LockConfiguration",
  ownershipControls: "OwnershipControls",
  policy: "Policy",
  policyStatus: "PolicyStatus",
  publicAccessBlock: "PublicAccessBlock",
  replication: "Replication",
  requestPayment: "RequestPayment",
  retention: "Retention",
  tagging: "Tagging",
  torrent: "Torrent",
  versioning: "Versioning",
  website: "Website",
};

/**
 * The API name of a request's operation, served here or not: `GetObject`, `ListObjectsV2`. Browser forms are
 * `PostObject` and preflights `PreflightRequest`, which have no name of their own in the API.
 */
export function operationName(
  method: string,
  target: Target,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): string {
  if (method === "OPTIONS") return "PreflightRequest";
  if (target.bucket === undefined) return method === "GET" ? "ListBuckets" : "Unknown";
  const verb = { GET: "Get", PUT: "Put", DELETE: "Delete" }[method];
  const subresource = Object.keys(subresources).find((name) => query.has(name));
  if (verb !== undefined && subresource !== undefined) {
    return `${verb}${target.key === undefined ? "Bucket" : "Object"}${subresources[subresource] ?? ""}`;
  }
  return target.key === undefined ? bucketOperation(method, query, headers) : objectOperation(method, query, headers);
}

function bucketOperation(method: string, query: URLSearchParams, headers: IncomingHttpHeaders): string {
  switch (method) {
    case "GET":
      if (query.has("versions")) return "ListObjectVersions";
      if (query.has("uploads")) return "ListMultipartUploads";
      return query.get("list-type") === "2" ? "ListObjectsV2" : "ListObjects";
    case "HEAD":
      return "HeadBucket";
    case "PUT":
      return "CreateBucket";
    case "DELETE":
      return "DeleteBucket";
    case "POST":
      if (query.has("delete")) return "DeleteObjects";
      return headers["content-type"]?.toLowerCase().startsWith("multipart/form-data") ? "PostObject" : "Unknown";
    default:
      return "Unknown";
  }
}

function objectOperation(method: string, query: URLSearchParams, headers: IncomingHttpHeaders): string {
  const copy = headers["x-amz-copy-source"] !== undefined;
  switch (method) {
    case "GET":
      return query.has("uploadId") ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (query.has("uploadId")) return copy ? "UploadPartCopy" : "UploadPart";
      return copy ? "CopyObject" : "PutObject";
    case "DELETE":
      return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    case "POST":
      if (query.has("uploads")) return "CreateMultipartUpload";
      if (query.has("uploadId")) return "CompleteMultipartUpload";
      if (query.has("restore")) return "RestoreObject";
      return query.has("select") ? "SelectObjectContent" : "Unknown";
    default:
      return "Unknown";
  }
}
