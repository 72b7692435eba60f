import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { SFN } from "@aws-sdk/client-sfn";
import { getAvatar, readAvatarRow, type AvatarRow } from "../lib/avatar-row";
import { deleteFaces, deleteThumbnails } from "../lib/clean-up";
import type { ObjectCreatedEvent } from "../lib/flow-data";
import { everyFace, everyItem, everyVersion, type StoredVersion } from "../lib/inventory";
import { externalImageId, parseExternalImageId, parseUploadKey } from "../lib/keys";
import { matchesOfOthers } from "../lib/rekognition";
import { sdkOptions } from "../lib/sdk-options";
import { setting, step, type Handler } from "../lib/step";
import { removeReplaced } from "../lib/tidy";
import { getUpload, readUploadRow, type UploadRow } from "../lib/upload-row";
import type { Finding, FindingKind, ReconcileReport } from "./findings";

export interface ReconcileInput {
  /** Whether to mend what is found; otherwise it is only reported. */
  readonly fix?: boolean;
  /**
   * Whether to search the collection for every avatar's face, to find two students with one face: one Rekognition call
   * an avatar.
   */
  readonly searchFaces?: boolean;
}

export interface ReconcileSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
  readonly photoBucket: string;
  readonly stateMachineArn: string;
  /** 0–100. */
  readonly duplicateSimilarity: number;
  /** An original younger than this may still be on its way to an execution. */
  readonly graceMinutes: number;
}

export interface ReconcileClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "scan" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "listFaces" | "deleteFaces" | "indexFaces" | "searchFaces">;
  readonly s3: Pick<S3, "listObjectVersions" | "deleteObjects" | "deleteObject">;
  readonly sfn: Pick<SFN, "describeExecution" | "startExecution">;
  readonly now: () => Date;
}

interface Difference {
  readonly kind: FindingKind;
  readonly studentId?: string;
  readonly uploadId?: string;
  readonly subject: string;
  /** Looks again, then mends: the stores were listed one after the other while uploads went on. Absent: a person must. */
  readonly mend?: () => Promise<boolean>;
}

/**
 * Compares the collection, the tables, the thumbnails and the originals, reports every difference, and mends it.
 *
 * Objects and faces are listed before the rows: what an upload adds meanwhile is then found to be its own. Every
 * difference is looked at again before it is mended, so that an upload that is running is never harmed.
 */
export function reconcile(
  settings: ReconcileSettings,
  clients: ReconcileClients,
): Handler<ReconcileInput, ReconcileReport> {
  return async ({ fix = false, searchFaces = false }) => {
    const { dynamodb, rekognition, s3, now } = clients;
    const faces = await collect(everyFace(rekognition, settings.collectionId));
    const thumbnails = await collect(everyVersion(s3, settings.photoBucket, "avatars/"));
    const originals = await collect(everyVersion(s3, settings.photoBucket, "uploads/"));
    const uploads = new Map<string, UploadRow>();
    for await (const item of everyItem(dynamodb, settings.uploadTable)) {
      const row = readUploadRow(item);
      uploads.set(row.uploadId, row);
    }
    const avatars = new Map<string, AvatarRow>();
    for await (const item of everyItem(dynamodb, settings.avatarTable)) {
      const row = readAvatarRow(item);
      avatars.set(row.studentId, row);
    }
    const stock = { faces, thumbnails, originals, uploads, avatars };
    const differences = [
      ...(await interruptedUploads(settings, clients, stock)),
      ...lostUploads(settings, clients, stock),
      ...leftOriginals(settings, clients, stock),
      ...leftFaces(settings, clients, stock),
      ...leftThumbnails(settings, clients, stock),
      ...incompleteAvatars(settings, clients, stock),
      ...(searchFaces ? await matchingFaces(settings, clients, stock) : []),
    ];
    const findings: Finding[] = [];
    for (const { mend, ...difference } of differences) {
      if (!fix || mend === undefined) {
        findings.push({ ...difference, fixed: false });
        continue;
      }
      try {
        findings.push({ ...difference, fixed: await mend() });
      } catch (error) {
        findings.push({
          ...difference,
          fixed: false,
          problem: `${(error as Error).name}: ${(error as Error).message}`,
        });
      }
    }
    const compared = {
      avatars: avatars.size,
      uploads: uploads.size,
      faces: faces.length,
      thumbnails: thumbnails.length,
      originals: originals.length,
    };
    // Nobody reads the answer of the nightly run: its log is where an operator, or a metric filter, finds it.
    const left = findings.filter(({ fixed }) => !fixed);
    console.log(JSON.stringify({ step: "Reconcile", compared, found: countOf(findings), left: countOf(left) }));
    return { at: now().toISOString(), fix, compared, findings };
  };
}

/** How many findings there are of each kind. */
function countOf(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

interface Stock {
  readonly faces: readonly { faceId: string; name: string }[];
  readonly thumbnails: readonly StoredVersion[];
  readonly originals: readonly StoredVersion[];
  readonly uploads: ReadonlyMap<string, UploadRow>;
  readonly avatars: ReadonlyMap<string, AvatarRow>;
}

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Whether what carries an upload's name is somebody's: the upload is on its way, is the avatar, or waits to be tidied. */
async function isHeld(
  settings: ReconcileSettings,
  { dynamodb }: ReconcileClients,
  studentId: string,
  uploadId: string,
): Promise<boolean> {
  const upload = await getUpload(dynamodb, settings.uploadTable, uploadId);
  if (upload?.status === "processing") return true;
  const avatar = await getAvatar(dynamodb, settings.avatarTable, studentId);
  return avatar?.uploadId === uploadId;
}

function heldAtFirstSight({ uploads, avatars }: Stock, studentId: string, uploadId: string): boolean {
  return uploads.get(uploadId)?.status === "processing" || avatars.get(studentId)?.uploadId === uploadId;
}

function leftFaces(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  return stock.faces.flatMap(({ faceId, name }) => {
    const owner = parseExternalImageId(name);
    // A collection may be shared: a face that this pipeline did not name is not its to judge.
    if (owner === undefined) return [];
    const { studentId, uploadId } = owner;
    const avatar = stock.avatars.get(studentId);
    const isRight =
      avatar?.uploadId === uploadId ? avatar.faceId === faceId : heldAtFirstSight(stock, studentId, uploadId);
    if (isRight) return [];
    const mend = async () => {
      const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
      if (current?.faceId === faceId) return false;
      if (current?.uploadId !== uploadId && (await isHeld(settings, clients, studentId, uploadId))) return false;
      await deleteFaces(clients.rekognition, settings.collectionId, [faceId]);
      return true;
    };
    return [{ kind: "face-left-over" as const, studentId, uploadId, subject: faceId, mend }];
  });
}

function leftThumbnails(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const folders = new Map<string, { studentId: string; uploadId: string }>();
  for (const { key } of stock.thumbnails) {
    const [, studentId = "", uploadId = ""] = key.split("/");
    if (!heldAtFirstSight(stock, studentId, uploadId))
      folders.set(`avatars/${studentId}/${uploadId}/`, { studentId, uploadId });
  }
  return [...folders].map(([subject, { studentId, uploadId }]) => ({
    kind: "thumbnails-left-over",
    studentId,
    uploadId,
    subject,
    mend: async () => {
      if (await isHeld(settings, clients, studentId, uploadId)) return false;
      await deleteThumbnails(clients.s3, settings.photoBucket, studentId, uploadId);
      return true;
    },
  }));
}

function incompleteAvatars(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const faceIds = new Set(stock.faces.map(({ faceId }) => faceId));
  const keys = new Set(stock.thumbnails.filter((entry) => entry.isLatest && !entry.isMarker).map(({ key }) => key));
  return [...stock.avatars.values()].flatMap((avatar) => {
    const { studentId, uploadId, faceId } = avatar;
    const found: Difference[] = [];
    if (!faceIds.has(faceId)) {
      const mend = () => indexAgain(settings, clients, avatar);
      found.push({ kind: "face-missing", studentId, uploadId, subject: faceId, mend });
    }
    for (const key of Object.values(avatar.thumbnails)) {
      if (!keys.has(key)) found.push({ kind: "thumbnail-missing", studentId, uploadId, subject: key });
    }
    const isBusy = stock.uploads.get(uploadId)?.status === "processing";
    if (avatar.replaces.length > 0 && !isBusy) {
      const subject = avatar.replaces.map((old) => old.uploadId).join(" ");
      const mend = async () => {
        await removeReplaced(settings, clients, settings.photoBucket, avatar);
        return true;
      };
      found.push({ kind: "replaced-left-over", studentId, uploadId, subject, mend });
    }
    return found;
  });
}

/** Puts an avatar's face back into the collection from its largest thumbnail: the original is gone. */
async function indexAgain(settings: ReconcileSettings, clients: ReconcileClients, avatar: AvatarRow): Promise<boolean> {
  const { studentId, uploadId } = avatar;
  const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
  if (current?.faceId !== avatar.faceId) return false;
  const largest = Math.max(...Object.keys(avatar.thumbnails).map(Number));
  const { FaceRecords: records = [] } = await clients.rekognition.indexFaces({
    CollectionId: settings.collectionId,
    Image: { S3Object: { Bucket: settings.photoBucket, Name: avatar.thumbnails[String(largest)] ?? "" } },
    ExternalImageId: externalImageId(studentId, uploadId),
    MaxFaces: 1,
    QualityFilter: "NONE",
  });
  const faceId = records[0]?.Face?.FaceId;
  if (faceId === undefined) throw Object.assign(new Error("Rekognition found no face in it."), { name: "NoFace" });
  await clients.dynamodb.updateItem({
    TableName: settings.avatarTable,
    Key: { student_id: { S: studentId } },
    ConditionExpression: "face_id = :lost",
    UpdateExpression: "SET face_id = :face",
    ExpressionAttributeValues: { ":lost": { S: avatar.faceId }, ":face": { S: faceId } },
  });
  return true;
}

function leftOriginals(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const ended = rowsByVersion(stock);
  return stock.originals.flatMap(({ key, versionId, isMarker }) => {
    const row = ended.get(`${key}\n${versionId}`);
    const isOver = row?.status === "accepted" || row?.status === "rejected";
    // A marker without anything that it hides is of no use to anybody.
    if (!isOver && !isMarker) return [];
    const mend = async () => {
      await clients.s3.deleteObject({ Bucket: settings.photoBucket, Key: key, VersionId: versionId });
      return true;
    };
    const owner = row === undefined ? {} : { studentId: row.studentId, uploadId: row.uploadId };
    return [{ kind: "original-left-over" as const, ...owner, subject: key, mend }];
  });
}

function rowsByVersion({ uploads }: Stock): Map<string, UploadRow> {
  return new Map([...uploads.values()].map((row) => [`${row.objectKey ?? ""}\n${row.versionId ?? ""}`, row]));
}

/** Originals that no execution has taken. */
function lostUploads(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const taken = rowsByVersion(stock);
  const youngest = clients.now().getTime() - settings.graceMinutes * 60_000;
  return stock.originals
    .filter((entry) => !entry.isMarker && !entry.key.endsWith("/") && entry.storedAt.getTime() < youngest)
    .filter(({ key, versionId }) => !taken.has(`${key}\n${versionId}`))
    .map((entry) => {
      const studentId = parseUploadKey(entry.key)?.studentId;
      return {
        kind: "upload-not-started",
        ...(studentId === undefined ? {} : { studentId }),
        subject: entry.key,
        mend: async () => {
          await start(settings, clients, eventFor(settings, entry));
          return true;
        },
      };
    });
}

/** The event that was lost, as far as the flow reads it. */
function eventFor(settings: ReconcileSettings, entry: StoredVersion): ObjectCreatedEvent {
  return {
    source: "aws.s3",
    time: entry.storedAt.toISOString(),
    detail: {
      bucket: { name: settings.photoBucket },
      object: { key: entry.key, size: entry.bytes, etag: entry.etag, "version-id": entry.versionId },
    },
  };
}

async function start(settings: ReconcileSettings, { sfn }: ReconcileClients, input: unknown): Promise<void> {
  await sfn.startExecution({ stateMachineArn: settings.stateMachineArn, input: JSON.stringify(input) });
}

/** Uploads on their way whose execution is not. */
async function interruptedUploads(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  stock: Stock,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const { status, executionArn, studentId, uploadId, objectKey, versionId } of stock.uploads.values()) {
    if (status !== "processing" || executionArn === undefined) continue;
    const ended = await endOf(clients, executionArn);
    if (ended === undefined) continue;
    const version = stock.originals.find((entry) => entry.key === objectKey && entry.versionId === versionId);
    const event = eventFor(
      settings,
      version ?? {
        key: objectKey ?? "",
        versionId: versionId ?? "",
        isLatest: false,
        isMarker: false,
        bytes: 0,
        etag: "",
        storedAt: clients.now(),
      },
    );
    const mend = async () => {
      const row = await getUpload(clients.dynamodb, settings.uploadTable, uploadId);
      if (row?.status !== "processing" || row.executionArn !== executionArn) return false;
      const interrupted = { executionArn, status: ended, input: JSON.stringify(event) };
      await start(settings, clients, { interrupted });
      return true;
    };
    found.push({ kind: "upload-interrupted", studentId, uploadId, subject: executionArn, mend });
  }
  return found;
}

/** How an execution ended; undefined while it runs. AWS forgets executions after 90 days. */
async function endOf({ sfn }: ReconcileClients, executionArn: string): Promise<string | undefined> {
  try {
    const { status } = await sfn.describeExecution({ executionArn });
    return status === "RUNNING" || status === "PENDING_REDRIVE" ? undefined : status;
  } catch (error) {
    if ((error as Error).name === "ExecutionDoesNotExist") return "ABORTED";
    throw error;
  }
}

/** Pairs of students whose faces match: what a search that was not fresh can have let through. */
async function matchingFaces(
  settings: ReconcileSettings,
  { rekognition }: ReconcileClients,
  stock: Stock,
): Promise<Difference[]> {
  const inUse = new Map([...stock.avatars.values()].map((avatar) => [avatar.faceId, avatar]));
  const found: Difference[] = [];
  for (const [faceId, { studentId, uploadId }] of inUse) {
    const { FaceMatches: matches = [] } = await rekognition.searchFaces({
      CollectionId: settings.collectionId,
      FaceId: faceId,
      FaceMatchThreshold: settings.duplicateSimilarity,
      MaxFaces: 100,
    });
    for (const match of matchesOfOthers(matches, studentId)) {
      // Each pair once, under the student who came later.
      if (!inUse.has(match.faceId) || match.uploadId > uploadId) continue;
      found.push({ kind: "faces-match", studentId, uploadId, subject: match.studentId });
    }
  }
  return found;
}

/** The function as it is deployed. */
export function reconcileFactory(): Handler<ReconcileInput, ReconcileReport> {
  const { DynamoDB } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { Rekognition } = require("@aws-sdk/client-rekognition") as typeof import("@aws-sdk/client-rekognition");
  const { S3 } = require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
  const { SFN } = require("@aws-sdk/client-sfn") as typeof import("@aws-sdk/client-sfn");
  const settings = {
    uploadTable: setting("UPLOAD_TABLE"),
    avatarTable: setting("AVATAR_TABLE"),
    collectionId: setting("COLLECTION_ID"),
    photoBucket: setting("PHOTO_BUCKET"),
    stateMachineArn: setting("STATE_MACHINE_ARN"),
    duplicateSimilarity: Number(setting("DUPLICATE_SIMILARITY")),
    graceMinutes: 15,
  };
  const clients = {
    dynamodb: new DynamoDB(sdkOptions()),
    rekognition: new Rekognition(sdkOptions()),
    s3: new S3(sdkOptions()),
    sfn: new SFN(sdkOptions()),
    now: () => new Date(),
  };
  return step("Reconcile", reconcile(settings, clients));
}
