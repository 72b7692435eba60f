import { isCloudError } from "../../../gateway/service";
import { collect, openBody } from "../wire/body";
import { causeOf, deleteObject as removeObject, type Deletion } from "../store/changes";
import { checksumAlgorithms, checksumHeader } from "../wire/checksums";
import { s3Error } from "../wire/errors";
import { authorize, currentObject, sendEmpty, sendXml, versionHeader, type Exchange } from "../wire/exchange";
import { checkKey } from "../wire/request-line";
import type { StoredObject } from "../store";
import { fromXml, type XmlElement, type XmlObject } from "../wire/xml";
import { bodyHeaders, refuseElements, type Operation } from "./operation";
import { checkMatch } from "./writing";

export const deleteObject: Operation = {
  name: "DeleteObject",
  query: ["versionId"],
  perform: deleteNamed,
};

function deleteNamed(exchange: Exchange): void {
  const deletion = deleteOne(exchange, exchange.key, exchange.query("versionId"), exchange.header("if-match"));
  sendEmpty(exchange, 204, {
    "x-amz-version-id": deletion.versionId && versionHeader(deletion.versionId),
    "x-amz-delete-marker": deletion.deleteMarker ? "true" : undefined,
  });
}

/**
 * Authorizes and deletes in one turn. @throws CloudError AccessDenied, PreconditionFailed, NoSuchKey, InvalidArgument
 */
function deleteOne(
  exchange: Exchange,
  key: string,
  versionId: string | undefined,
  match: string | undefined,
): Deletion {
  const { core, request, bucket } = exchange;
  const arn = core.arn(bucket.name, key);
  if (versionId === undefined) authorize(request, bucket, "s3:DeleteObject", arn);
  else authorize(request, bucket, "s3:DeleteObjectVersion", arn, { "s3:VersionId": versionId });
  if (match !== undefined) checkMatch(matchedObject(exchange, key, versionId), match, key);
  return removeObject(core, bucket, key, versionId, causeOf(exchange));
}

function matchedObject({ core, bucket }: Exchange, key: string, versionId?: string): StoredObject | undefined {
  if (versionId === undefined) return currentObject(core, bucket.name, key);
  const version = core.store.versions(bucket.name, key).find((candidate) => candidate.versionId === versionId);
  return version?.deleteMarker === false ? version : undefined;
}

const maxObjects = 1_000;
/** 1,000 keys of 1 KiB, each character escaped, and their elements. */
const maxDocument = 8 * 1024 * 1024;

export const deleteObjects: Operation = {
  name: "DeleteObjects",
  query: ["delete"],
  headers: bodyHeaders,
  perform: deleteListed,
};

async function deleteListed(exchange: Exchange): Promise<void> {
  requireIntegrity(exchange);
  const body = openBody(exchange.request, exchange.header, exchange.core.options);
  const document = fromXml(await collect(body, maxDocument), "Delete");
  const objects = document.all("Object");
  if (objects.length === 0 || objects.length > maxObjects) throw s3Error("MalformedXML");
  refuseElements(deleteObjects, document, ["Object", "Quiet"]);
  const quiet = document.child("Quiet")?.trim() === "true";

  const Deleted: XmlObject[] = [];
  const failures: XmlObject[] = [];
  // All are read before the first is deleted: a refused list must have deleted nothing.
  for (const { key, versionId, match } of objects.map(readObject)) {
    try {
      const deletion = deleteOne(exchange, key, versionId, match);
      Deleted.push({
        Key: key,
        VersionId: versionId,
        ...(deletion.deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: deletion.versionId } : {}),
      });
    } catch (error) {
      if (!isCloudError(error)) throw error;
      failures.push({ Key: key, VersionId: versionId, Code: error.code, Message: error.message });
    }
  }
  sendXml(exchange, "DeleteResult", { Deleted: quiet ? [] : Deleted, Error: failures });
}

function readObject(object: XmlElement) {
  refuseElements(deleteObjects, object, ["Key", "VersionId", "ETag"]);
  const key = object.child("Key");
  if (key === undefined || key === "") throw s3Error("MalformedXML");
  return {
    key: checkKey(key),
    versionId: object.child("VersionId") || undefined,
    match: object.child("ETag") || undefined,
  };
}

/** S3 deletes nothing if the list might have been corrupted in transit. */
function requireIntegrity(exchange: Exchange): void {
  const names = ["content-md5", "x-amz-trailer", ...checksumAlgorithms.map(checksumHeader)];
  if (names.some((name) => exchange.header(name) !== undefined)) return;
  throw s3Error(
    "InvalidRequest",
    undefined,
    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
  );
}
