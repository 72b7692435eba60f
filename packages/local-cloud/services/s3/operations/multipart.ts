import { createHash, randomBytes } from "node:crypto";

import { readAttributes } from "../wire/attributes";
import { badChecksum, collect, MAX_BODY, openBody, piecesOf } from "../wire/body";
import { addObject, causeOf, checkWriteConditions, receive, using, type Received } from "../store/changes";
import {
  algorithmOf,
  checksumElement,
  checksumHeader,
  compositeOf,
  withChecksum,
  type Checksum,
  type ChecksumAlgorithm,
} from "../wire/checksums";
import { readRange } from "../wire/conditions";
import { copyResult, findSource, readSource } from "./copy-object";
import { invalidArgument, s3Error } from "../wire/errors";
import {
  authorizeObject,
  headersBelow,
  readCount,
  sendEmpty,
  sendXml,
  versionHeader,
  type Exchange,
} from "../wire/exchange";
import { authorizeWrite, readPartNumber, requireLength, writeContext } from "./objects";
import type { MultipartUpload, Part } from "../store";
import { fromXml } from "../wire/xml";

/** Multipart uploads. Parts are blobs of their own; completing writes them into one, so that every object is one file. */

export function createMultipartUpload(exchange: Exchange): void {
  const { core, bucket, key } = exchange;
  authorizeWrite(exchange);
  const checksum = readChecksumPlan(exchange);
  const upload: MultipartUpload = {
    // Letters and digits only, as AWS's: clients put it into a query without much thought.
    id: randomBytes(48).toString("hex"),
    bucket: bucket.name,
    key,
    initiated: core.now().getTime(),
    attributes: readAttributes(exchange.header, headersBelow(exchange, "x-amz-meta-")),
    ...(checksum ? { checksum } : {}),
  };
  core.store.commit({ do: "begin", upload });
  sendXml(
    exchange,
    "InitiateMultipartUploadResult",
    { Bucket: bucket.name, Key: key, UploadId: upload.id },
    {
      "x-amz-server-side-encryption": "AES256",
      "x-amz-checksum-algorithm": checksum?.algorithm,
      "x-amz-checksum-type": checksum?.type,
    },
  );
}

function readChecksumPlan(exchange: Exchange): MultipartUpload["checksum"] {
  const name = exchange.header("x-amz-checksum-algorithm");
  if (name === undefined) return undefined;
  const algorithm = algorithmOf(name);
  if (!algorithm)
    throw invalidArgument("x-amz-checksum-algorithm", name, "Checksum algorithm provided is unsupported.");
  const sha = algorithm === "SHA1" || algorithm === "SHA256";
  const type = exchange.header("x-amz-checksum-type") ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (
    (type !== "FULL_OBJECT" && type !== "COMPOSITE") ||
    type === (sha ? "FULL_OBJECT" : algorithm === "CRC64NVME" ? "COMPOSITE" : "")
  ) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { algorithm, type };
}

interface Running {
  readonly upload: MultipartUpload;
  readonly parts: ReadonlyMap<number, Part>;
}

/** @throws CloudError NoSuchUpload */
function findUpload({ core, bucket, key, ...exchange }: Exchange): Running {
  const id = exchange.query("uploadId") ?? "";
  const running = core.store.upload(id);
  if (running?.upload.bucket !== bucket.name || running.upload.key !== key)
    throw s3Error("NoSuchUpload", { UploadId: id });
  return running;
}

export async function uploadPart(exchange: Exchange): Promise<void> {
  const { core, request } = exchange;
  authorizeObject(exchange, "s3:PutObject");
  findUpload(exchange);
  const body = openBody(request, exchange.header, core.options);
  requireLength(exchange);
  const number = readPartNumber(exchange.query("partNumber"));
  const received = await receive(core, body.chunks, { max: MAX_BODY });
  const part = await addPart(exchange, number, received, body.checksum());
  sendEmpty(exchange, 200, {
    etag: `"${part.etag}"`,
    "x-amz-server-side-encryption": "AES256",
    ...(part.checksum ? { [checksumHeader(part.checksum.algorithm)]: part.checksum.value } : {}),
  });
}

export async function uploadPartCopy(exchange: Exchange): Promise<void> {
  const { core } = exchange;
  const source = findSource(exchange);
  authorizeObject(exchange, "s3:PutObject", writeContext(exchange.header));
  const { upload } = findUpload(exchange);
  const number = readPartNumber(exchange.query("partNumber"));
  const { size } = source.object;
  const asked = exchange.header("x-amz-copy-source-range");
  const range = readRange(asked, size);
  if (asked !== undefined && !range)
    throw invalidArgument(
      "x-amz-copy-source-range",
      asked,
      "The x-amz-copy-source-range value must be of the form bytes=first-last",
    );
  const data = await readSource(exchange, source, range?.start ?? 0, range?.end ?? size - 1);
  const { chunks, checksum } = withChecksum(data, upload.checksum?.algorithm);
  const received = await receive(core, chunks, { max: MAX_BODY });
  const part = await addPart(exchange, number, received, await checksum());
  const sum = part.checksum ? { [checksumElement(part.checksum.algorithm)]: part.checksum.value } : {};
  sendXml(
    exchange,
    "CopyPartResult",
    { ...copyResult(part), ...sum },
    {
      "x-amz-copy-source-version-id": versionHeader(source.object.versionId),
      "x-amz-server-side-encryption": "AES256",
    },
  );
}

function addPart(
  exchange: Exchange,
  number: number,
  received: Received,
  checksum: Checksum | undefined,
): Promise<Part> {
  const { core } = exchange;
  return using(core, received.blob, () => {
    // Again, because the upload may have been aborted or completed while the part arrived.
    const { upload } = findUpload(exchange);
    if (upload.checksum && checksum && checksum.algorithm !== upload.checksum.algorithm) {
      throw s3Error(
        "InvalidRequest",
        undefined,
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
      );
    }
    const { blob, size, md5 } = received;
    const part: Part = {
      number,
      blob,
      size,
      etag: md5,
      lastModified: Math.floor(core.now().getTime() / 1000) * 1000,
      ...(checksum ? { checksum } : {}),
    };
    core.store.commit({ do: "part", upload: upload.id, part });
    return part;
  });
}

/** A part, other than the last, has at least 5 MiB. */
const MIN_PART = 5 * 1024 * 1024;
/** 10,000 parts with their checksums. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

export async function completeMultipartUpload(exchange: Exchange): Promise<void> {
  const { core, request, bucket, key } = exchange;
  authorizeObject(exchange, "s3:PutObject");
  const running = findUpload(exchange);
  // The checksum in this request's headers is the whole object's, not that of the XML.
  const body = openBody(request, withoutChecksums(exchange), core.options);
  const document = await collect(body, MAX_DOCUMENT);
  const parts = chosenParts(document, running);

  const plan = running.upload.checksum;
  const whole = withChecksum(concatenated(exchange, parts), plan?.type === "FULL_OBJECT" ? plan.algorithm : undefined);
  const { blob, size } = await receive(core, whole.chunks, { max: Number.MAX_SAFE_INTEGER });
  const object = await using(core, blob, async () => {
    const checksum = plan?.type === "COMPOSITE" ? await composite(plan.algorithm, parts) : await whole.checksum();
    checkObjectChecksum(exchange, checksum, size);
    findUpload(exchange);
    checkWriteConditions(exchange);
    return addObject(
      core,
      bucket,
      {
        key,
        blob,
        size,
        etag: multipartEtag(parts),
        parts: parts.map((part) => part.size),
        attributes: running.upload.attributes,
        completes: running.upload.id,
        ...(checksum ? { checksum } : {}),
      },
      "CompleteMultipartUpload",
      causeOf(exchange),
    );
  });
  const { checksum } = object;
  sendXml(
    exchange,
    "CompleteMultipartUploadResult",
    {
      Location: request.url.origin + request.path,
      Bucket: bucket.name,
      Key: key,
      ETag: `"${object.etag}"`,
      ...(checksum ? { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type } : {}),
    },
    { "x-amz-version-id": versionHeader(object.versionId), "x-amz-server-side-encryption": "AES256" },
  );
}

function withoutChecksums(exchange: Exchange): Exchange["header"] {
  return (name) => (/^x-amz-checksum-/.test(name) ? undefined : exchange.header(name));
}

/** The parts that the client lists, held against those that arrived. */
function chosenParts(document: Buffer, { parts }: Running): Part[] {
  const listed = fromXml(document, "CompleteMultipartUpload").all("Part");
  if (listed.length === 0) throw s3Error("MalformedXML");
  const wanted = listed.map((element) => ({ element, number: Number(element.child("PartNumber")?.trim()) }));
  if (!wanted.every(({ number }) => Number.isInteger(number))) throw s3Error("MalformedXML");
  if (wanted.some(({ number }, i) => number <= (wanted[i - 1]?.number ?? 0))) throw s3Error("InvalidPartOrder");
  return wanted.map(({ element, number }, index) => {
    const etag = (element.child("ETag") ?? "").trim().replaceAll('"', "");
    const part = parts.get(number);
    if (part?.etag !== etag) throw s3Error("InvalidPart", { PartNumber: String(number), ETag: etag });
    const sum = part.checksum && element.child(checksumElement(part.checksum.algorithm));
    if (sum !== undefined && sum.trim() !== part.checksum?.value) {
      throw s3Error("InvalidPart", { PartNumber: String(number) });
    }
    if (part.size < MIN_PART && index < wanted.length - 1) {
      throw s3Error("EntityTooSmall", {
        PartNumber: String(number),
        ProposedSize: String(part.size),
        MinSizeAllowed: String(MIN_PART),
      });
    }
    return part;
  });
}

async function* concatenated({ core }: Exchange, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* piecesOf(await core.store.read(part.blob, 0, part.size - 1));
}

/** The MD5 of the parts' MD5s, a dash and their number. */
function multipartEtag(parts: readonly Part[]): string {
  const hash = createHash("md5");
  for (const { etag } of parts) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${String(parts.length)}`;
}

async function composite(algorithm: ChecksumAlgorithm, parts: readonly Part[]): Promise<Checksum> {
  const sums = parts.map(({ number, checksum }) => {
    if (checksum) return checksum.value;
    throw s3Error(
      "InvalidRequest",
      undefined,
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${String(number)} in the request.`,
    );
  });
  return { algorithm, type: "COMPOSITE", value: await compositeOf(algorithm, sums) };
}

/** What the client says of the whole object. */
function checkObjectChecksum(exchange: Exchange, checksum: Checksum | undefined, size: number): void {
  const given = checksum && exchange.header(checksumHeader(checksum.algorithm));
  if (checksum && given !== undefined && given !== checksum.value) throw badChecksum(checksum.algorithm);
  const expected = exchange.header("x-amz-mp-object-size");
  if (expected !== undefined && Number(expected) !== size) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${String(size)}`,
    );
  }
}

export function abortMultipartUpload(exchange: Exchange): void {
  authorizeObject(exchange, "s3:AbortMultipartUpload");
  const { upload } = findUpload(exchange);
  exchange.core.store.commit({ do: "abort", upload: upload.id });
  sendEmpty(exchange, 204);
}

export function listParts(exchange: Exchange): void {
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
}
