import { readAttributes } from "../wire/attributes";
import { maxBody, piecesOf } from "../wire/body";
import { addObject, causeOf, receive, using } from "../store/changes";
import { algorithmOf, withChecksum, type ChecksumAlgorithm } from "../wire/checksums";
import { notModified } from "../wire/conditions";
import { invalidArgument, s3Error } from "../wire/errors";
import {
  authorize,
  authorizeObject,
  findVersion,
  headersBelow,
  sendXml,
  versionHeader,
  type Exchange,
} from "../wire/exchange";
import { checkKey } from "../wire/request-line";
import type { DeclaredBucket } from "../options";
import type { Attributes, StoredObject } from "../store";
import { attributeHeaders, sourceHeaders, type Operation } from "./operation";
import { authorizeWrite, checkWriteConditions, writeContext } from "./writing";

export interface CopySource {
  readonly bucket: DeclaredBucket;
  readonly object: StoredObject;
}

export const copyObject: Operation = {
  name: "CopyObject",
  headers: [
    ...attributeHeaders,
    ...sourceHeaders,
    "x-amz-checksum-algorithm",
    "x-amz-metadata-directive",
    "x-amz-tagging-directive",
  ],
  perform: copy,
};

async function copy(exchange: Exchange): Promise<void> {
  const { core, bucket, key } = exchange;
  const source = findSource(exchange);
  authorizeWrite(exchange);
  const replace = readDirective(exchange, "x-amz-metadata-directive") === "REPLACE";
  const tags = copiedTags(exchange, source);
  if (source.bucket.name === bucket.name && source.object.key === key && !replace) refuseSelfCopy(exchange);
  const given = readAttributes(exchange.header, headersBelow(exchange, "x-amz-meta-"));
  const { headers, metadata } = replace ? given : source.object;
  const attributes: Attributes = { headers, metadata, storageClass: given.storageClass, tags };

  const { size } = source.object;
  const { chunks, checksum } = withChecksum(
    await readSource(exchange, source, 0, size - 1),
    wantedAlgorithm(exchange, source),
  );
  const { blob, md5 } = await receive(core, chunks, { max: maxBody });
  const object = await using(core, blob, async () => {
    const summed = await checksum();
    checkWriteConditions(exchange);
    const arrived = { key, blob, size, etag: md5, attributes, checksum: summed };
    return addObject(core, bucket, arrived, "CopyObject", causeOf(exchange));
  });
  const headersOut = {
    "x-amz-version-id": versionHeader(object.versionId),
    "x-amz-copy-source-version-id": versionHeader(source.object.versionId),
    "x-amz-server-side-encryption": "AES256",
  };
  sendXml(exchange, "CopyObjectResult", copyResult(object), headersOut);
}

/** The content of an answer to a copy. */
export function copyResult(copy: { lastModified: number; etag: string }) {
  return { LastModified: new Date(copy.lastModified).toISOString(), ETag: `"${copy.etag}"` };
}

/**
 * Finds the object that `x-amz-copy-source` names (`/bucket/key?versionId=…`, percent-encoded), after checking the
 * caller's right to read it, and checks the conditions of the copy.
 */
export function findSource(exchange: Exchange): CopySource {
  const { core, request } = exchange;
  const header = exchange.header("x-amz-copy-source") ?? "";
  const [, path = "", versionId] = /^(.*?)(?:\?versionId=([^?]*))?$/s.exec(header) ?? [];
  const [, bucketName = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(decodeSource(path)) ?? [];
  if (key === "") {
    throw invalidArgument("x-amz-copy-source", header, "Invalid copy source object key");
  }
  const bucket = core.buckets.get(bucketName);
  if (!bucket) throw s3Error("NoSuchBucket", { BucketName: bucketName });
  const arn = core.arn(bucketName, checkKey(key));
  if (versionId === undefined) authorize(request, bucket, "s3:GetObject", arn);
  else authorize(request, bucket, "s3:GetObjectVersion", arn, { "s3:VersionId": versionId });
  const object = findVersion(core, request, bucket, key, versionId);
  if (object.deleteMarker) {
    if (versionId === undefined) throw s3Error("NoSuchKey", { Key: key });
    throw s3Error(
      "InvalidRequest",
      undefined,
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  notModified(object, exchange.header, "x-amz-copy-source-");
  return { bucket, object };
}

/** The slash between bucket and key may also be encoded. */
function decodeSource(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw s3Error("InvalidURI", { URI: path });
  }
}

/** The bytes of a source from `start` up to and including `end`. */
export async function readSource(exchange: Exchange, source: CopySource, start: number, end: number) {
  return piecesOf(await exchange.core.store.read(source.object.blob, start, end));
}

function readDirective(exchange: Exchange, name: string): "COPY" | "REPLACE" {
  const directive = exchange.header(name) ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw invalidArgument(name, directive, "Unknown metadata directive.");
  }
  return directive;
}

/** Tags are copied, or replaced by the header's; both need permissions of their own. */
function copiedTags(exchange: Exchange, source: CopySource): Record<string, string> {
  if (readDirective(exchange, "x-amz-tagging-directive") === "REPLACE") {
    return { ...readAttributes(exchange.header, {}).tags };
  }
  const { tags, key } = source.object;
  if (Object.keys(tags).length > 0) {
    const arn = exchange.core.arn(source.bucket.name, key);
    authorize(exchange.request, source.bucket, "s3:GetObjectTagging", arn);
    authorizeObject(exchange, "s3:PutObjectTagging", writeContext(exchange.header));
  }
  return { ...tags };
}

function refuseSelfCopy(exchange: Exchange): void {
  if (
    exchange.header("x-amz-storage-class") !== undefined ||
    exchange.header("x-amz-server-side-encryption") !== undefined
  ) {
    return;
  }
  // A named version may be copied over the current one: this restores an older version.
  if (exchange.header("x-amz-copy-source")?.includes("?versionId=")) return;
  throw s3Error(
    "InvalidRequest",
    undefined,
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
      "metadata, storage class, website redirect location or encryption attributes.",
  );
}

/** The requested algorithm, otherwise the source's. */
function wantedAlgorithm(exchange: Exchange, source: CopySource): ChecksumAlgorithm | undefined {
  const asked = exchange.header("x-amz-checksum-algorithm");
  if (asked === undefined) return source.object.checksum?.algorithm;
  const algorithm = algorithmOf(asked);
  if (!algorithm) {
    throw invalidArgument("x-amz-checksum-algorithm", asked, "Checksum algorithm provided is unsupported.");
  }
  return algorithm;
}
