import { pipeline } from "node:stream/promises";

import type { StoredObject } from "../store";
import { checkHeaderText, keptHeaders } from "../wire/attributes";
import { notModified, readRange, type ByteRange } from "../wire/conditions";
import { s3Error } from "../wire/errors";
import {
  authorizeObject,
  defined,
  findVersion,
  headerText,
  sendEmpty,
  versionHeader,
  type Exchange,
} from "../wire/exchange";
import type { Operation } from "./operation";
import { checksumHeaders } from "./writing";
import { readPartNumber } from "./part-number";

const readQuery = ["partNumber", "versionId", ...keptHeaders.map((name) => `response-${name}`)];

export const getObject: Operation = {
  name: "GetObject",
  query: readQuery,
  headers: ["x-amz-checksum-mode"],
  perform: read,
};

/** Differs from GetObject only in that no body is sent. */
export const headObject: Operation = { ...getObject, name: "HeadObject" };

async function read(exchange: Exchange): Promise<void> {
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
  const range = rangeOf(exchange, object);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const wantsChecksum = exchange.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const described = { ...objectHeaders(object), ...overrides };
  const headers = defined({
    ...described,
    "content-disposition": dispositionOf(exchange, described),
    "content-length": String(end - start + 1),
    "content-range": range && `bytes ${String(start)}-${String(end)}/${String(object.size)}`,
    "x-amz-mp-parts-count": exchange.query("partNumber") && object.parts && String(object.parts.length),
    // A range has a checksum of its own, which nobody knows; the client would mistake this one for it.
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
 * The disposition as kept, or an attachment where a browser might open the object: it is on the console's origin, and
 * only pictures are harmless there. Requests that are signed in a header are a program's.
 */
function dispositionOf({ request }: Exchange, headers: Readonly<Record<string, string | undefined>>) {
  const kept = headers["content-disposition"];
  const isProgram = request.signature !== undefined && request.signature.expiresIn === undefined;
  const isPicture = /^image\/(?!svg)/i.test(headers["content-type"] ?? "");
  if (isProgram || isPicture) return kept;
  return `attachment${/;.*/s.exec(kept ?? "")?.[0] ?? ""}`;
}

/**
 * The object that a read names, after checking the caller's right to read it.
 *
 * @throws CloudError AccessDenied, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker named by its version
 */
export function findReadable(exchange: Exchange, actions = readActions): StoredObject {
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

const readActions = { current: "s3:GetObject", version: "s3:GetObjectVersion" };

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

/** `response-content-type` and the like: the signer of a URL decides how the browser treats the answer. */
function responseOverrides(exchange: Exchange): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of keptHeaders) {
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

/** @throws CloudError InvalidRequest if the request names both a part and a range */
function rangeOf(exchange: Exchange, object: StoredObject): ByteRange | undefined {
  const part = exchange.query("partNumber");
  const range = exchange.header("range");
  if (part === undefined) return readRange(range, object.size);
  if (range === undefined) return partRange(part, object);
  throw s3Error("InvalidRequest", undefined, "Cannot specify both Range header and partNumber query parameter.");
}

function partRange(asked: string, object: StoredObject): ByteRange | undefined {
  const number = readPartNumber(asked);
  const parts = object.parts ?? [object.size];
  const size = parts[number - 1];
  if (size === undefined) {
    throw s3Error("InvalidPartNumber", { ActualPartCount: String(parts.length), PartNumberRequested: asked });
  }
  if (object.size === 0) return undefined;
  const start = parts.slice(0, number - 1).reduce((sum, part) => sum + part, 0);
  return { start, end: start + size - 1 };
}
