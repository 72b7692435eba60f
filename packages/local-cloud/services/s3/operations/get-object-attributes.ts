import type { StoredObject } from "../store";
import { checksumElement } from "../wire/checksums";
import { invalidArgument, s3Error } from "../wire/errors";
import { authorizeObject, sendXml, versionHeader, type Exchange } from "../wire/exchange";
import type { XmlObject } from "../wire/xml";
import { findReadable } from "./get-object";
import type { Operation } from "./operation";

export const getObjectAttributes: Operation = {
  name: "GetObjectAttributes",
  query: ["attributes", "versionId"],
  headers: ["x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"],
  perform: attributes,
};

const knownAttributes = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;

function attributes(exchange: Exchange): void {
  const versionId = exchange.query("versionId");
  if (versionId === undefined) authorizeObject(exchange, "s3:GetObjectAttributes");
  else authorizeObject(exchange, "s3:GetObjectVersionAttributes", { "s3:VersionId": versionId });
  const object = findReadable(exchange);
  const asked = readAsked(exchange);
  const { checksum } = object;
  const sums = checksum && { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type };
  sendXml(
    exchange,
    "GetObjectAttributesResponse",
    {
      // Without the quotes that it has everywhere else.
      ETag: asked.has("ETag") ? object.etag : undefined,
      Checksum: asked.has("Checksum") ? sums : undefined,
      ObjectParts: asked.has("ObjectParts") ? objectParts(exchange, object) : undefined,
      StorageClass: asked.has("StorageClass") ? object.storageClass : undefined,
      ObjectSize: asked.has("ObjectSize") ? object.size : undefined,
    },
    {
      "last-modified": new Date(object.lastModified).toUTCString(),
      "x-amz-version-id": versionHeader(object.versionId),
    },
  );
}

function readAsked(exchange: Exchange): ReadonlySet<string> {
  const header = exchange.header("x-amz-object-attributes");
  if (header === undefined) {
    throw s3Error("InvalidRequest", undefined, "Missing required header for this request: x-amz-object-attributes");
  }
  const asked = header.split(",").map((name) => name.trim());
  if (asked.every((name) => knownAttributes.some((known) => known === name))) return new Set(asked);
  throw invalidArgument("x-amz-object-attributes", header, "Invalid attribute name specified.");
}

/** The parts of a multipart upload. They are listed one by one only if they have checksums, as on AWS. */
function objectParts(exchange: Exchange, { parts, partChecksums, checksum }: StoredObject): XmlObject | undefined {
  if (!parts) return undefined;
  const marker = readNumber(exchange, "x-amz-part-number-marker", 0);
  const limit = Math.min(readNumber(exchange, "x-amz-max-parts", 1_000), 1_000);
  if (!partChecksums || !checksum) return { PartsCount: parts.length };
  const page = parts.map((Size, i) => ({
    PartNumber: i + 1,
    Size,
    [checksumElement(checksum.algorithm)]: partChecksums[i],
  }));
  const end = marker + limit;
  return {
    PartsCount: parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: Math.min(end, parts.length),
    MaxParts: limit,
    IsTruncated: end < parts.length,
    Part: page.slice(marker, end),
  };
}

function readNumber(exchange: Exchange, name: string, standard: number): number {
  const text = exchange.header(name);
  if (text === undefined) return standard;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and 2147483647`);
}
