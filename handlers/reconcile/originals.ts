import type { ObjectCreatedEvent } from "../contract/flow-data";
import { identify, isSurplus, nameless } from "../stores/identify";
import { deleteVersion, type StoredVersion } from "../stores/photos";
import { parseUploadKey } from "../contract/keys";
import { getUpload, type UploadRow } from "../stores/uploads";
import { versionsOf, type Difference, type ReconcileClients, type ReconcileSettings, type Stock } from "./stock";

/** Needed to find and start photos that no execution has taken. */
export type MissedSettings = Pick<
  ReconcileSettings,
  "uploadTable" | "photoBucket" | "stateMachineArn" | "graceMinutes"
>;

export interface MissedClients {
  readonly dynamodb: Pick<ReconcileClients["dynamodb"], "getItem">;
  readonly s3: Pick<ReconcileClients["s3"], "listObjectVersions">;
  readonly sfn: Pick<ReconcileClients["sfn"], "startExecution">;
  readonly now: () => Date;
}

/**
 * Originals of uploads that were accepted or rejected, surplus objects under issued keys, and delete markers that hide
 * nothing.
 */
export function leftOriginals(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const rows = rowsByVersion(stock);
  const stored = new Set(stock.originals.filter(({ isMarker }) => !isMarker).map(({ key }) => key));
  return stock.originals.flatMap(({ key, versionId, isMarker }): Difference[] => {
    const row = rows.get(`${key}\n${versionId}`);
    const isOver = row?.status === "accepted" || row?.status === "rejected";
    // A marker over an original means that the lifecycle or a person deleted it: without the marker the original would
    // reappear, expire, and be brought back again on every run.
    const surplusOf = isMarker ? undefined : surplusOwner(stock, key, versionId);
    const isLeft = isMarker ? !stored.has(key) : isOver || surplusOf !== undefined;
    if (!isLeft) return [];
    const isStill = async () => {
      const versions = await versionsOf(settings, clients, key);
      return (
        versions.some((entry) => entry.versionId === versionId) && (!isMarker || versions.every((e) => e.isMarker))
      );
    };
    const applyFix = () => deleteVersion(clients.s3, settings.photoBucket, key, versionId);
    const owner = row === undefined ? surplusOf : { studentId: row.studentId, uploadId: row.uploadId };
    return [{ kind: "original-left-over", ...owner, subject: key, isStill, applyFix }];
  });
}

/** The owner of a surplus object, by its key; undefined if the object is an upload's. */
function surplusOwner(
  { uploads }: Stock,
  key: string,
  versionId: string,
): Pick<Difference, "studentId" | "isUnaccounted"> | undefined {
  const { studentId, issuedId } = parseUploadKey(key) ?? {};
  if (studentId === undefined || issuedId === undefined) return undefined;
  const row = uploads.get(issuedId);
  return isSurplus(row, studentId, versionId) ? { studentId, isUnaccounted: row === undefined } : undefined;
}

function rowsByVersion({ uploads }: Pick<Stock, "uploads">): Map<string, UploadRow> {
  return new Map([...uploads.values()].map((row) => [`${row.objectKey ?? ""}\n${row.versionId ?? ""}`, row]));
}

/**
 * Originals that no execution has claimed and nobody has deleted. With an empty list of uploads, each original's own row
 * is read instead.
 */
export function lostUploads(
  settings: MissedSettings,
  clients: MissedClients,
  stock: Pick<Stock, "originals" | "uploads">,
): Difference[] {
  const taken = rowsByVersion(stock);
  const youngest = clients.now().getTime() - settings.graceMinutes * 60_000;
  const hidden = new Set(stock.originals.filter((entry) => entry.isMarker && entry.isLatest).map(({ key }) => key));
  return stock.originals
    .filter((entry) => !entry.isMarker && !entry.key.endsWith("/") && entry.storedAt.getTime() < youngest)
    .filter(({ key, versionId }) => !hidden.has(key) && !taken.has(`${key}\n${versionId}`))
    .map((entry) => {
      const event = eventFor(settings, entry);
      const studentId = parseUploadKey(entry.key)?.studentId;
      const isTaken = async () => {
        const photo = await identify(clients.dynamodb, settings.uploadTable, event, "");
        // A surplus object is no upload's: the nightly comparison deletes it.
        if (photo === "surplus") return true;
        const { uploadId } = photo === "no-student" ? nameless(event, "unknown", "") : photo;
        const row = await getUpload(clients.dynamodb, settings.uploadTable, uploadId);
        return row !== undefined && row.status !== "awaiting-upload";
      };
      const isStored = async () => {
        const versions = await versionsOf(settings, clients, entry.key);
        if (versions.some((version) => version.isLatest && version.isMarker)) return false;
        return versions.some(({ versionId }) => versionId === entry.versionId);
      };
      // The row comes first, since reading one costs a twentieth of a listing; and last, since an execution may have
      // taken the photo during the listing.
      const isStill = async () => !(await isTaken()) && (await isStored()) && !(await isTaken());
      const input = JSON.stringify(event);
      const applyFix = async () => {
        await clients.sfn.startExecution({ stateMachineArn: settings.stateMachineArn, input });
      };
      return {
        kind: "upload-not-started",
        studentId,
        subject: entry.key,
        isStill,
        applyFix,
      };
    });
}

/** The event about an object, as far as the flow reads it. */
export function eventFor(
  settings: Pick<ReconcileSettings, "photoBucket">,
  object: Pick<StoredVersion, "key" | "versionId" | "bytes" | "etag" | "storedAt">,
): ObjectCreatedEvent {
  return {
    source: "aws.s3",
    time: object.storedAt.toISOString(),
    detail: {
      bucket: { name: settings.photoBucket },
      object: { key: object.key, size: object.bytes, etag: object.etag, "version-id": object.versionId },
    },
  };
}
