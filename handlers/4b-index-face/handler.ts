import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { Lazy, Pictures, Sleep } from "../runtime/clients";
import { namedError, rejection } from "../runtime/errors";
import type { Face, Format, Photo } from "../contract/flow-data";
import type { ReasonCode } from "../contract/reasons";
import { indexPhoto, matchesOfOthers, searchByFace, type IndexedFace, type Match } from "../stores/faces";
import { recordMatch, type RecordedMatch } from "../stores/matches";
import { standingOf, type Place } from "../stores/rivals";
import { unavailable, type Handler } from "../runtime/step";
import { asPhotoRefusal } from "../stores/photo-refusal";
import { shownImage } from "../stores/shown-image";
import { beginStep, confirmUpload, getUpload, recordFace, yieldTo } from "../stores/uploads";
import { isSameFace } from "./same-face";

export interface IndexFaceInput {
  readonly photo: Photo;
  readonly format: Format;
  /** The face that DetectFace judged. */
  readonly face: Face;
}

export interface IndexFaceOutput {
  readonly faceId: string;
}

export interface IndexFaceSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
  /** 0–100. */
  readonly duplicateSimilarity: number;
}

export interface IndexFaceClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "indexFaces" | "searchFaces">;
  readonly s3: Lazy<Pick<S3, "getObject">>;
  readonly pictures: Lazy<Pictures>;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

/**
 * Indexes the face, then makes sure that no rival was indexed in the meantime.
 *
 * Each upload indexes first and searches second, so that at least one of two rivals sees the other. The rows decide
 * which one stays, not who saw whom: the upload whose row was created first stays unless the other one is already
 * confirmed, and confirming is a conditional write that a rival's `yielded_to` prevents. See docs/architecture.md.
 */
export function indexFace(
  settings: IndexFaceSettings,
  clients: IndexFaceClients,
): Handler<IndexFaceInput, IndexFaceOutput> {
  return async ({ photo, format, face }) => {
    // Recorded before the call: Undo removes the face even if this function dies before it learns the face's id. The
    // write also forgets the face of an earlier attempt, so that Undo does not stop at that one.
    const own = await beginStep(clients.dynamodb, settings.uploadTable, photo, "IndexFace", clients.now(), {
      forgetFace: true,
      forgetMatch: true,
    });
    const { faceId, box } = await addToCollection(settings, clients, photo, format);
    await recordFace(clients.dynamodb, settings.uploadTable, photo, faceId);
    // If there are several, Rekognition indexes the one of the best quality, not the largest. Undo deletes it.
    if (!isSameFace(box, face.box)) {
      throw rejection("MULTIPLE_FACES", "Rekognition indexed another face than the one that DetectFace judged.");
    }
    const { collectionId, duplicateSimilarity } = settings;
    const matches = await searchByFace(clients, collectionId, faceId, duplicateSimilarity);
    if (matches === undefined) throw namedError(unavailable, `Face ${faceId} is indexed but cannot be searched yet.`);
    const rivals = matchesOfOthers(matches, photo.studentId);
    // If this function is retried because its response was lost, the upload may be confirmed already: then it has won,
    // and a rival that is about to end must not count as one.
    if (rivals.length > 0 && (await getUpload(clients.dynamodb, settings.uploadTable, photo.uploadId))?.confirmed) {
      return { faceId };
    }
    const winner =
      (await winnerOver(settings, clients, own, rivals)) ??
      ((await confirmUpload(clients.dynamodb, settings.uploadTable, photo))
        ? undefined
        : await yieldedTo(settings, clients, photo.uploadId, rivals));
    if (winner === undefined) return { faceId };
    if (winner !== "unknown") await recordMatch(clients.dynamodb, settings.uploadTable, photo, winner);
    throw rejection("DUPLICATE_FACE", "Another student registered the same face at the same time.");
  };
}

async function addToCollection(
  settings: IndexFaceSettings,
  clients: IndexFaceClients,
  photo: Photo,
  format: Format,
): Promise<IndexedFace> {
  try {
    const image = await shownImage(clients, photo, format);
    const indexed = await indexPhoto(clients.rekognition, settings.collectionId, photo, image);
    if ("faceId" in indexed) return indexed;
    throw refusalOf(indexed);
  } catch (error) {
    throw asPhotoRefusal(error);
  }
}

/** Translates Rekognition's reasons for not indexing the only face into a reason of the catalogue. */
function refusalOf(given: readonly string[]): Error {
  const known: readonly (readonly [string, Exclude<ReasonCode, "INTERNAL">])[] = [
    ["EXTREME_POSE", "FACE_TURNED_AWAY"],
    ["LOW_BRIGHTNESS", "FACE_TOO_DARK"],
    ["LOW_SHARPNESS", "FACE_BLURRED"],
    ["SMALL_BOUNDING_BOX", "FACE_TOO_SMALL"],
    ["LOW_FACE_QUALITY", "FACE_BLURRED"],
    ["LOW_CONFIDENCE", "NO_FACE"],
  ];
  const [, code] = known.find(([reason]) => given.includes(reason)) ?? ["", "NO_FACE" as const];
  return rejection(code, `Rekognition did not index the face: ${given.join(", ") || "it found none"}.`);
}

/**
 * Makes the rivals yield that have to. All are checked before any is made to yield: an upload that loses must not make
 * others lose too.
 *
 * @returns the rival that this upload has to yield to; undefined if there is none
 */
async function winnerOver(
  settings: IndexFaceSettings,
  { dynamodb }: IndexFaceClients,
  own: Place,
  rivals: readonly Match[],
): Promise<Match | undefined> {
  const weaker: Match[] = [];
  for (const rival of rivals) {
    const standing = await standingOf(dynamodb, settings, rival, own);
    if (standing === "registered" || standing === "earlier") return rival;
    if (standing === "later") weaker.push(rival);
  }
  for (const rival of weaker) {
    if (await yieldTo(dynamodb, settings.uploadTable, rival.uploadId, own.uploadId)) continue;
    // The rival was confirmed or ended since the check. If it ended without its face, this upload may stay.
    if ((await standingOf(dynamodb, settings, rival, own)) === "registered") return rival;
  }
  return undefined;
}

/** The rival that made this upload yield; this upload's own search may not have found it. */
async function yieldedTo(
  { uploadTable }: IndexFaceSettings,
  { dynamodb }: IndexFaceClients,
  uploadId: string,
  rivals: readonly Match[],
): Promise<RecordedMatch | "unknown"> {
  const { yieldedTo: winnerId = "" } = (await getUpload(dynamodb, uploadTable, uploadId)) ?? {};
  const seen = rivals.find((rival) => rival.uploadId === winnerId);
  if (seen !== undefined) return seen;
  const winner = winnerId === "" ? undefined : await getUpload(dynamodb, uploadTable, winnerId);
  return winner === undefined ? "unknown" : { studentId: winner.studentId, uploadId: winnerId };
}
