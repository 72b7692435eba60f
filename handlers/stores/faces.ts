import type { FaceMatch, Image, Rekognition, UnsuccessfulFaceDeletion } from "@aws-sdk/client-rekognition";
import type { Box, Photo } from "../contract/flow-data";
import { externalImageId, parseExternalImageId } from "../contract/keys";
import type { Sleep } from "../runtime/clients";
import { namedError } from "../runtime/errors";

/**
 * The face collection: one face per avatar in use, and one per upload between IndexFace and its end. A face carries
 * `{studentId}:{uploadId}` as its ExternalImageId, which names the owner.
 *
 *     indexPhoto ──► face of an upload on its way ──SaveMetadata──► face of an avatar ──deleteFaces──► gone
 *                              │                                     ▲
 *                              ╰──deleteFaces (Undo)──► gone         ╰──indexThumbnail (a face that was lost)
 *
 *   write          | by                                          | only if
 *   ---------------|---------------------------------------------|-------------------------------------------------------
 *   indexPhoto     | IndexFace                                   | always; repeated for a photo, it returns the same face
 *   indexThumbnail | Reconcile                                   | always: for an avatar whose face is not listed
 *   deleteFaces    | removeReplaced, Undo, Reconcile, EraseStudent | always: a face that is not there counts as deleted
 */

/** The owner of a face, from its ExternalImageId. */
export interface FaceOwner {
  readonly studentId: string;
  readonly uploadId: string;
}

/** A matching face of the collection, with its owner. */
export interface Match extends FaceOwner {
  readonly faceId: string;
  /** Percent. */
  readonly similarity?: number | undefined;
}

export interface CollectionFace {
  readonly faceId: string;
  /** As given to IndexFaces; empty if there was none. */
  readonly name: string;
}

/** The matches that belong to other students. A face that this pipeline did not name has no owner. */
export function matchesOfOthers(matches: readonly FaceMatch[], studentId: string): readonly Match[] {
  return matches.flatMap(({ Face: face, Similarity: similarity }) => {
    const owner = parseExternalImageId(face?.ExternalImageId ?? "");
    if (face?.FaceId === undefined || owner === undefined || owner.studentId === studentId) return [];
    return [{ faceId: face.FaceId, similarity, ...owner }];
  });
}

/** The matches requested: a student's own old faces and leftovers must never push another student's off the list. */
const maxMatches = 100;

/** Searches for the largest face in a photo. */
export async function searchByPhoto(
  rekognition: Pick<Rekognition, "searchFacesByImage">,
  collectionId: string,
  image: Image,
  similarity: number,
): Promise<readonly FaceMatch[]> {
  const { FaceMatches: matches = [] } = await rekognition.searchFacesByImage({
    CollectionId: collectionId,
    Image: image,
    FaceMatchThreshold: similarity,
    MaxFaces: maxMatches,
    // DetectFace has already judged the face's quality, by rules that the refusals explain to the student.
    QualityFilter: "NONE",
  });
  return matches;
}

/**
 * The waits before each further call for a face that Rekognition does not know, in milliseconds. A face that was just
 * indexed may be unknown to other calls for some hundred milliseconds (observed by others, not documented).
 */
const waits = [200, 500, 1000, 2000];

/**
 * Searches for a face of the collection, and waits for a face that was just indexed.
 *
 * @returns undefined if the face is not in the collection
 */
export async function searchByFace(
  { rekognition, sleep }: { readonly rekognition: Pick<Rekognition, "searchFaces">; readonly sleep: Sleep },
  collectionId: string,
  faceId: string,
  similarity: number,
): Promise<readonly FaceMatch[] | undefined> {
  for (const wait of [0, ...waits]) {
    if (wait > 0) await sleep(wait);
    try {
      const { FaceMatches: matches = [] } = await rekognition.searchFaces({
        CollectionId: collectionId,
        FaceId: faceId,
        FaceMatchThreshold: similarity,
        MaxFaces: maxMatches,
      });
      return matches;
    } catch (error) {
      const isUnknown = error instanceof Error && error.name === "InvalidParameterException";
      if (!isUnknown || !/not found/i.test(error.message)) throw error;
    }
  }
  return undefined;
}

/** The face that Rekognition indexed. */
export interface IndexedFace {
  readonly faceId: string;
  /** Where it is in the photo. */
  readonly box: Box;
}

/**
 * Indexes one face of a photo. If repeated for the same image, Rekognition returns the face that it has.
 *
 * @returns the face, or Rekognition's reasons for not indexing any
 */
export async function indexPhoto(
  rekognition: Pick<Rekognition, "indexFaces">,
  collectionId: string,
  photo: Photo,
  image: Image,
): Promise<IndexedFace | readonly string[]> {
  const { FaceRecords: records = [], UnindexedFaces: unindexed = [] } = await rekognition.indexFaces({
    CollectionId: collectionId,
    Image: image,
    ExternalImageId: externalImageId(photo.studentId, photo.uploadId),
    MaxFaces: 1,
    QualityFilter: "AUTO",
    DetectionAttributes: ["DEFAULT"],
  });
  const face = records[0]?.Face;
  if (face?.FaceId === undefined) return unindexed.flatMap(({ Reasons }) => Reasons ?? []);
  const { Left: left = 0, Top: top = 0, Width: width = 0, Height: height = 0 } = face.BoundingBox ?? {};
  return { faceId: face.FaceId, box: { left, top, width, height } };
}

/**
 * Indexes an avatar's face again, from a thumbnail: the original is gone.
 *
 * @returns the new face's id; undefined if Rekognition finds no face in the thumbnail
 */
export async function indexThumbnail(
  rekognition: Pick<Rekognition, "indexFaces">,
  collectionId: string,
  bucket: string,
  key: string,
  owner: FaceOwner,
): Promise<string | undefined> {
  const { FaceRecords: records = [] } = await rekognition.indexFaces({
    CollectionId: collectionId,
    Image: { S3Object: { Bucket: bucket, Name: key } },
    ExternalImageId: externalImageId(owner.studentId, owner.uploadId),
    MaxFaces: 1,
    QualityFilter: "NONE",
  });
  return records[0]?.Face?.FaceId;
}

/**
 * Deletes faces from the collection. A face that Rekognition does not know may just have been indexed: the calls are
 * repeated for it, after which it counts as deleted.
 */
export async function deleteFaces(
  clients: { readonly rekognition: Pick<Rekognition, "deleteFaces">; readonly sleep: Sleep },
  collectionId: string,
  faceIds: readonly string[],
): Promise<void> {
  let unknown: readonly string[] = faceIds;
  for (const wait of [0, ...waits]) {
    if (unknown.length === 0) return;
    if (wait > 0) await clients.sleep(wait);
    unknown = await deleteKnown(clients.rekognition, collectionId, unknown);
  }
}

/** Deletes those of the faces that Rekognition knows, 4,096 a call. @returns the others */
async function deleteKnown(
  rekognition: Pick<Rekognition, "deleteFaces">,
  collectionId: string,
  faceIds: readonly string[],
): Promise<readonly string[]> {
  const unknown: string[] = [];
  for (let i = 0; i < faceIds.length; i += 4096) {
    const { UnsuccessfulFaceDeletions: failures = [] } = await rekognition.deleteFaces({
      CollectionId: collectionId,
      FaceIds: faceIds.slice(i, i + 4096),
    });
    const isUnknown = ({ Reasons = [] }: UnsuccessfulFaceDeletion) => Reasons.includes("FACE_NOT_FOUND");
    const left = failures.filter((failure) => !isUnknown(failure));
    if (left.length > 0) {
      const why = left.flatMap(({ Reasons }) => Reasons ?? []).join(", ");
      throw namedError("FaceNotDeleted", `Rekognition did not delete ${left.length} faces: ${why}.`);
    }
    unknown.push(...failures.filter(isUnknown).flatMap(({ FaceId: faceId }) => faceId ?? []));
  }
  return unknown;
}

/** Every face of the collection, 4,096 a call. */
export async function* everyFace(
  rekognition: Pick<Rekognition, "listFaces">,
  collectionId: string,
): AsyncGenerator<CollectionFace> {
  let token: string | undefined;
  do {
    const page = await rekognition.listFaces({ CollectionId: collectionId, MaxResults: 4096, NextToken: token });
    for (const { FaceId: faceId, ExternalImageId: name = "" } of page.Faces ?? []) {
      if (faceId !== undefined) yield { faceId, name };
    }
    token = page.NextToken;
  } while (token !== undefined);
}

/** Whether a face is in the collection. */
export async function hasFace(
  rekognition: Pick<Rekognition, "listFaces">,
  collectionId: string,
  faceId: string,
): Promise<boolean> {
  const { Faces: faces = [] } = await rekognition.listFaces({
    CollectionId: collectionId,
    FaceIds: [faceId],
    MaxResults: 1,
  });
  return faces.length > 0;
}

/**
 * Finds the faces of an upload or a student by listing the whole collection, 4,096 a call. Only the list finds a face
 * whose id was never recorded even while searches are stale.
 */
export async function findFaces(
  rekognition: Pick<Rekognition, "listFaces">,
  collectionId: string,
  isWanted: (owner: FaceOwner) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { faceId, name } of everyFace(rekognition, collectionId)) {
    const owner = parseExternalImageId(name);
    if (owner !== undefined && isWanted(owner)) found.push(faceId);
  }
  return found;
}
