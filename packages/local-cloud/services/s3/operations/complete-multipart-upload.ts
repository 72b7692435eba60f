import { createHash } from "node:crypto";

import type { MultipartUpload, Part, StoredObject } from "../store";
import { addObject, causeOf, receive, using } from "../store/changes";
import { badChecksum, collect, openBody, piecesOf } from "../wire/body";
import {
  checksumAlgorithms,
  checksumElement,
  checksumHeader,
  compositeOf,
  withChecksum,
  type Checksum,
  type ChecksumAlgorithm,
} from "../wire/checksums";
import { s3Error } from "../wire/errors";
import { authorizeObject, sendXml, versionHeader, type Exchange } from "../wire/exchange";
import { fromXml } from "../wire/xml";
import { findUpload } from "./multipart-uploads";
import { bodyHeaders, refuseElements, type Operation } from "./operation";
import { checkWriteConditions } from "./writing";

/** Completing writes the parts into one blob, so that every object is one file. */
export const completeMultipartUpload: Operation = {
  name: "CompleteMultipartUpload",
  query: ["uploadId"],
  headers: [...bodyHeaders, "x-amz-checksum-type", "x-amz-mp-object-size"],
  perform: complete,
};

/** A part, other than the last, has at least 5 MiB. */
const minPart = 5 * 1024 * 1024;
/** 10,000 parts with their checksums. */
const maxDocument = 4 * 1024 * 1024;

async function complete(exchange: Exchange): Promise<void> {
  const { core, request, bucket, key } = exchange;
  authorizeObject(exchange, "s3:PutObject");
  // The checksum in this request's headers is the whole object's, not that of the XML.
  const body = openBody(request, withoutChecksums(exchange), core.options);
  const listed = readListed(await collect(body, maxDocument));
  const object = completedBefore(exchange, listed) ?? (await assemble(exchange, listed));
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

/** The object that the same request made before: a client repeats it if the answer was lost. */
function completedBefore(
  { core, bucket, key, query }: Exchange,
  listed: readonly ListedPart[],
): StoredObject | undefined {
  const etag = multipartEtag(listed);
  return core.store
    .versions(bucket.name, key)
    .filter((version) => !version.deleteMarker)
    .find((version) => version.uploadId === query("uploadId") && version.etag === etag);
}

async function assemble(exchange: Exchange, listed: readonly ListedPart[]): Promise<StoredObject> {
  const { core, bucket, key } = exchange;
  const { upload, parts: arrived } = findUpload(exchange);
  const parts = chosenParts(listed, arrived);
  const plan = upload.checksum;
  checkPlan(exchange, plan);
  const whole = withChecksum(concatenated(exchange, parts), plan?.type === "FULL_OBJECT" ? plan.algorithm : undefined);
  const { blob, size } = await receive(core, whole.chunks, { max: Number.MAX_SAFE_INTEGER });
  return using(core, blob, async () => {
    const checksum = plan?.type === "COMPOSITE" ? await composite(plan.algorithm, parts) : await whole.checksum();
    checkObject(exchange, checksum, size);
    const before = completedBefore(exchange, listed);
    if (before) {
      await core.store.discard(blob);
      return before;
    }
    findUpload(exchange);
    checkWriteConditions(exchange);
    const object = {
      key,
      blob,
      size,
      etag: multipartEtag(parts),
      parts: parts.map((part) => part.size),
      partChecksums: partChecksums(parts),
      attributes: upload.attributes,
      uploadId: upload.id,
      checksum,
    };
    return addObject(core, bucket, object, "CompleteMultipartUpload", causeOf(exchange));
  });
}

function withoutChecksums(exchange: Exchange): Exchange["header"] {
  return (name) => (/^x-amz-checksum-/.test(name) ? undefined : exchange.header(name));
}

/** A part as the client lists it. */
interface ListedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: (algorithm: ChecksumAlgorithm) => string | undefined;
}

/** @throws CloudError MalformedXML, InvalidPartOrder, NotImplemented for an element that is not known */
function readListed(document: Buffer): readonly ListedPart[] {
  const root = fromXml(document, "CompleteMultipartUpload");
  refuseElements(completeMultipartUpload, root, ["Part"]);
  const listed = root.all("Part").map((element) => {
    refuseElements(completeMultipartUpload, element, partElements);
    return {
      number: Number(element.child("PartNumber")?.trim()),
      etag: (element.child("ETag") ?? "").trim().replaceAll('"', ""),
      checksum: (algorithm: ChecksumAlgorithm) => element.child(checksumElement(algorithm))?.trim(),
    };
  });
  if (listed.length === 0) throw s3Error("MalformedXML");
  if (!listed.every(({ number }) => Number.isInteger(number))) throw s3Error("MalformedXML");
  if (listed.some(({ number }, i) => number <= (listed[i - 1]?.number ?? 0))) throw s3Error("InvalidPartOrder");
  return listed;
}

const partElements = ["PartNumber", "ETag", ...checksumAlgorithms.map(checksumElement)];

/** The parts that the client lists, checked against those that arrived. */
function chosenParts(listed: readonly ListedPart[], arrived: ReadonlyMap<number, Part>): Part[] {
  return listed.map(({ number, etag, checksum }, index) => {
    const part = arrived.get(number);
    if (part?.etag !== etag) throw s3Error("InvalidPart", { PartNumber: String(number), ETag: etag });
    for (const algorithm of checksumAlgorithms) {
      const given = checksum(algorithm);
      if (given === undefined) continue;
      if (part.checksum?.algorithm !== algorithm || part.checksum.value !== given) {
        throw s3Error("InvalidPart", { PartNumber: String(number) });
      }
    }
    if (part.size < minPart && index < listed.length - 1) {
      throw s3Error("EntityTooSmall", {
        PartNumber: String(number),
        ProposedSize: String(part.size),
        MinSizeAllowed: String(minPart),
      });
    }
    return part;
  });
}

/** The checksums of all parts, or undefined if one has none. */
function partChecksums(parts: readonly Part[]): readonly string[] | undefined {
  const sums = parts.flatMap(({ checksum }) => (checksum ? [checksum.value] : []));
  return sums.length === parts.length ? sums : undefined;
}

async function* concatenated({ core }: Exchange, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* piecesOf(await core.store.read(part.blob, 0, part.size - 1));
}

/** The MD5 of the parts' MD5s, a dash and their number. */
function multipartEtag(parts: readonly { readonly etag: string }[]): string {
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

/** Checks the client's statements about the object's checksum against those at the start of the upload. */
function checkPlan(exchange: Exchange, plan: MultipartUpload["checksum"]): void {
  const type = exchange.header("x-amz-checksum-type");
  if (type !== undefined && type !== plan?.type) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      `The upload was created using the ${plan?.type ?? "default"} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const other = checksumAlgorithms.find(
    (algorithm) => algorithm !== plan?.algorithm && exchange.header(checksumHeader(algorithm)) !== undefined,
  );
  if (other === undefined) return;
  throw s3Error(
    "InvalidRequest",
    undefined,
    `Checksum Type mismatch occurred, expected checksum Type: ${plan?.algorithm.toLowerCase() ?? "null"}, actual checksum Type: ${other.toLowerCase()}`,
  );
}

/** Checks the client's statements about the whole object against the result. */
function checkObject(exchange: Exchange, checksum: Checksum | undefined, size: number): void {
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
