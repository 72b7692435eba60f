import type { MultipartUpload, Part } from "../store";
import { SortedKeys, walk } from "../store/listing";
import { checksumElement } from "../wire/checksums";
import { s3Error } from "../wire/errors";
import { authorizeBucket, authorizeObject, readCount, sendEmpty, sendXml, type Exchange } from "../wire/exchange";
import { encodingOf } from "./list-query";
import type { Operation } from "./operation";

/** Multipart uploads that have begun and not ended. Each part is a blob of its own. */

export interface Running {
  readonly upload: MultipartUpload;
  readonly parts: ReadonlyMap<number, Part>;
}

/** @throws CloudError NoSuchUpload */
export function findUpload({ core, bucket, key, ...exchange }: Exchange): Running {
  const id = exchange.query("uploadId") ?? "";
  const running = core.store.upload(id);
  if (running?.upload.bucket !== bucket.name || running.upload.key !== key) {
    throw s3Error("NoSuchUpload", { UploadId: id });
  }
  return running;
}

export const abortMultipartUpload: Operation = {
  name: "AbortMultipartUpload",
  query: ["uploadId"],
  perform(exchange) {
    authorizeObject(exchange, "s3:AbortMultipartUpload");
    const { upload } = findUpload(exchange);
    exchange.core.store.commit({ do: "abort", upload: upload.id });
    sendEmpty(exchange, 204);
  },
};

export const listParts: Operation = {
  name: "ListParts",
  query: ["uploadId", "max-parts", "part-number-marker"],
  perform(exchange) {
    const { core, bucket, key } = exchange;
    authorizeObject(exchange, "s3:ListMultipartUploadParts");
    const { upload, parts } = findUpload(exchange);
    const marker = readCount(exchange, "part-number-marker", 0, Number.MAX_SAFE_INTEGER);
    const limit = readCount(exchange, "max-parts", 1_000, 1_000);
    const behind = [...parts.values()].filter(({ number }) => number > marker).sort((a, b) => a.number - b.number);
    const page = behind.slice(0, limit);
    const owner = { ID: core.ownerId };
    sendXml(exchange, "ListPartsResult", {
      Bucket: bucket.name,
      Key: key,
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? marker,
      MaxParts: limit,
      IsTruncated: behind.length > page.length,
      Initiator: owner,
      Owner: owner,
      StorageClass: upload.attributes.storageClass,
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.lastModified).toISOString(),
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...(part.checksum ? { [checksumElement(part.checksum.algorithm)]: part.checksum.value } : {}),
      })),
    });
  },
};

export const listMultipartUploads: Operation = {
  name: "ListMultipartUploads",
  query: ["uploads", "delimiter", "encoding-type", "key-marker", "max-uploads", "prefix", "upload-id-marker"],
  perform: listUploads,
};

function listUploads(exchange: Exchange): void {
  const { core, bucket, query } = exchange;
  authorizeBucket(exchange, "s3:ListBucketMultipartUploads");
  const { encoding, encode } = encodingOf(exchange);
  const [prefix, delimiter] = [query("prefix") ?? "", query("delimiter") ?? ""];
  const keyMarker = query("key-marker") ?? "";
  // Without a key it has no effect, as on AWS.
  const idMarker = keyMarker === "" ? "" : (query("upload-id-marker") ?? "");
  const limit = readCount(exchange, "max-uploads", 1_000, 1_000);
  const byKey = new Map<string, MultipartUpload[]>();
  const keys = new SortedKeys();
  for (const upload of core.store.uploads(bucket.name)) {
    keys.add(upload.key);
    byKey.set(upload.key, [...(byKey.get(upload.key) ?? []), upload]);
  }
  const page = walk(
    keys,
    { prefix, delimiter, after: keyMarker, limit },
    (key) => byKey.get(key) ?? [],
    (uploads) => {
      const listed = uploads.findIndex(({ id }) => id === idMarker);
      return listed < 0 ? [] : uploads.slice(listed + 1);
    },
  );
  const owner = { ID: core.ownerId };
  sendXml(exchange, "ListMultipartUploadsResult", {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: page.truncated ? encode(page.last) : undefined,
    NextUploadIdMarker: page.truncated && page.commonPrefixes.at(-1) !== page.last ? page.items.at(-1)?.id : undefined,
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    Prefix: encode(prefix),
    EncodingType: encoding,
    MaxUploads: limit,
    IsTruncated: page.truncated,
    Upload: page.items.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: upload.attributes.storageClass,
      Initiated: new Date(upload.initiated).toISOString(),
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  });
}
