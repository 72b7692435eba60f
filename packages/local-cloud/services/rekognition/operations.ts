import type { JsonOperation } from "../../gateway/json-service";
import { cloudError, type CloudIdentity, type CloudRequest } from "../../gateway/service";
import { distanceOf, similarityOf } from "./faces/similarity";
import type { DetectedFace, FaceEngine } from "./faces/engine";
import type { Collection, FaceMatch, StoredFace } from "./collection";
import {
  attributesOf,
  boundingBox,
  faceDetail,
  faceModelVersion,
  filterReasons,
  qualityFilterOf,
  storedFace,
} from "./face-detail";
import { detectFaces, embed, readImage, type ReadObject } from "./image";
import { numberOr, optionalText, requiredText, textsOf, violation, type Input } from "./input";
import type { CollectionStore } from "./store";

/** The dependencies of the operations. */
export interface Workplace {
  readonly identity: CloudIdentity;
  readonly engine: FaceEngine;
  readonly store: CollectionStore;
  readonly readObject: ReadObject;
  /** The minimum age of a face for this search to know and find it, in milliseconds. */
  readonly searchLag: (operation: SearchOperation, request: CloudRequest) => number;
}

export type SearchOperation = "SearchFaces" | "SearchFacesByImage";

type Operation = (place: Workplace, request: CloudRequest, input: Input) => Promise<object> | object;

const faceIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const mostListed = 4096;

const operations: Readonly<Record<string, Operation>> = {
  async DetectFaces({ engine, readObject }, request, input) {
    request.authorize("rekognition:DetectFaces", "*");
    const asked = attributesOf(input, "Attributes");
    const faces = await detectFaces(engine, await readImage(request, input, readObject));
    return { FaceDetails: faces.map((face) => faceDetail(face, asked)) };
  },

  async IndexFaces(place, request, input) {
    const id = authorizedId(place, request, input, "IndexFaces");
    const externalImageId = optionalText(input, "ExternalImageId", /^[a-zA-Z0-9_.\-:]+$/, 255);
    const most = numberOr(input, "MaxFaces", Infinity, 1, Infinity, true);
    const filter = qualityFilterOf(input, "AUTO");
    const asked = attributesOf(input, "DetectionAttributes");
    existing(place, id);
    const image = await readImage(request, input, place.readObject);
    const faces = (await detectFaces(place.engine, image)).map((face) => ({
      face,
      reasons: filterReasons(face, image.header, filter),
    }));
    const chosen = bestOf(
      faces.filter(({ reasons }) => reasons.length === 0).map(({ face }) => face),
      most,
    );
    const unindexed = faces
      .filter(({ face }) => !chosen.includes(face))
      .map(({ face, reasons }) => ({
        Reasons: reasons.length === 0 ? ["EXCEEDS_MAX_FACES"] : reasons,
        FaceDetail: faceDetail(face, asked),
      }));
    const kept: { face: DetectedFace; embedding: Float32Array }[] = [];
    for (const face of chosen) kept.push({ face, embedding: await embed(face) });
    // The collection may have been deleted while the engine was at work.
    const collection = existing(place, id);
    const records = kept.map(({ face, embedding }) => {
      const seen = {
        imageId: image.imageId,
        box: face.box,
        confidence: face.confidence,
        indexed: Date.now(),
      };
      const stored = collection.add(externalImageId === undefined ? seen : { ...seen, externalImageId }, embedding);
      return { Face: storedFace(stored), FaceDetail: faceDetail(face, asked) };
    });
    return { FaceRecords: records, FaceModelVersion: faceModelVersion, UnindexedFaces: unindexed };
  },

  async SearchFacesByImage(place, request, input) {
    const id = authorizedId(place, request, input, "SearchFacesByImage");
    const { threshold, most } = searchLimits(input);
    const filter = qualityFilterOf(input, "NONE");
    existing(place, id);
    const image = await readImage(request, input, place.readObject);
    const faces = await detectFaces(place.engine, image);
    const largest = faces.find((face) => filterReasons(face, image.header, filter).length === 0);
    if (largest === undefined) {
      throw cloudError("InvalidParameterException", 400, "There are no faces in the image. Should be at least 1.");
    }
    const embedding = await embed(largest);
    const oldEnough = agedBy(place.searchLag("SearchFacesByImage", request));
    const matches = existing(place, id).near(embedding, distanceOf(threshold), most, oldEnough);
    return {
      SearchedFaceBoundingBox: boundingBox(largest.box),
      SearchedFaceConfidence: largest.confidence,
      FaceMatches: matches.map(faceMatch),
      FaceModelVersion: faceModelVersion,
    };
  },

  SearchFaces(place, request, input) {
    const id = authorizedId(place, request, input, "SearchFaces");
    const faceId = requiredText(input, "FaceId", faceIdPattern, 36);
    const { threshold, most } = searchLimits(input);
    const collection = existing(place, id);
    const searched = collection.get(faceId);
    const embedding = collection.embeddingOf(faceId);
    const oldEnough = agedBy(place.searchLag("SearchFaces", request));
    // A face is unknown as long as searches do not find it.
    if (searched === undefined || embedding === undefined || !oldEnough(searched)) {
      throw cloudError("InvalidParameterException", 400, "faceId was not found in the collection.");
    }
    const others = (face: StoredFace): boolean => face.faceId !== faceId && oldEnough(face);
    return {
      SearchedFaceId: faceId,
      FaceMatches: collection.near(embedding, distanceOf(threshold), most, others).map(faceMatch),
      FaceModelVersion: faceModelVersion,
    };
  },

  ListFaces(place, request, input) {
    const id = authorizedId(place, request, input, "ListFaces");
    const most = numberOr(input, "MaxResults", mostListed, 0, mostListed, true) || mostListed;
    const wanted = faceIdsOf(input, false);
    const start = readToken(input);
    const faces: StoredFace[] = [];
    let more = false;
    for (const face of existing(place, id).after(start)) {
      if (wanted.size > 0 && !wanted.has(face.faceId)) continue;
      more = faces.length === most;
      if (more) break;
      faces.push(face);
    }
    return {
      Faces: faces.map(storedFace),
      ...(more ? { NextToken: writeToken(faces.at(-1)?.sequence ?? start) } : {}),
      FaceModelVersion: faceModelVersion,
    };
  },

  DeleteFaces(place, request, input) {
    const id = authorizedId(place, request, input, "DeleteFaces");
    const wanted = [...faceIdsOf(input, true)];
    const deleted = existing(place, id).remove(wanted);
    const missing = wanted.filter((faceId) => !deleted.includes(faceId));
    return {
      DeletedFaces: deleted,
      UnsuccessfulFaceDeletions: missing.map((faceId) => ({ FaceId: faceId, Reasons: ["FACE_NOT_FOUND"] })),
    };
  },

  DescribeCollection(place, request, input) {
    const id = authorizedId(place, request, input, "DescribeCollection");
    const collection = existing(place, id);
    return {
      FaceCount: collection.size,
      FaceModelVersion: faceModelVersion,
      CollectionARN: arnOf(place.identity, id),
      CreationTimestamp: collection.created / 1000,
      UserCount: 0,
    };
  },

  CreateCollection(place, request, input) {
    const id = authorizedId(place, request, input, "CreateCollection");
    if (Object.keys((input["Tags"] as object | null | undefined) ?? {}).length > 0) {
      throw cloudError("NotImplemented", 501, "The local Rekognition keeps no tags; create without Tags.");
    }
    if (place.store.get(id) !== undefined) {
      throw cloudError("ResourceAlreadyExistsException", 400, `The collection id: ${id} already exists`);
    }
    place.store.create(id);
    return { StatusCode: 200, CollectionArn: arnOf(place.identity, id), FaceModelVersion: faceModelVersion };
  },

  DeleteCollection(place, request, input) {
    const id = authorizedId(place, request, input, "DeleteCollection");
    existing(place, id);
    place.store.remove(id);
    return { StatusCode: 200 };
  },

  ListCollections(place, request, input) {
    request.authorize("rekognition:ListCollections", "*");
    const most = numberOr(input, "MaxResults", mostListed, 0, mostListed, true) || mostListed;
    const start = readToken(input);
    const ids = place.store.ids();
    const shown = ids.slice(start, start + most);
    const end = start + shown.length;
    return {
      CollectionIds: shown,
      ...(end < ids.length ? { NextToken: writeToken(end) } : {}),
      FaceModelVersions: shown.map(() => faceModelVersion),
    };
  },
};

/** The operations by their API names, each answering with the members of its output. */
export function rekognitionOperations(place: Workplace): Readonly<Record<string, JsonOperation>> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]): [string, JsonOperation] => [
      name,
      (input, request) => operation(place, request, input),
    ]),
  );
}

/** The request's collection id, after the caller was authorized for the operation on it. */
function authorizedId({ identity }: Workplace, request: CloudRequest, input: Input, operation: string): string {
  const id = requiredText(input, "CollectionId", /^[a-zA-Z0-9_.-]+$/, 255);
  request.authorize(`rekognition:${operation}`, arnOf(identity, id));
  return id;
}

function arnOf({ partition, region, accountId }: CloudIdentity, id: string): string {
  return `arn:${partition}:rekognition:${region}:${accountId}:collection/${id}`;
}

function existing({ store }: Workplace, id: string): Collection {
  const collection = store.get(id);
  if (collection === undefined) {
    throw cloudError("ResourceNotFoundException", 400, `The collection id: ${id} does not exist`);
  }
  return collection;
}

/**
 * The faces to index if there may only be `most`, the largest first. AWS leaves out those of the lowest quality first,
 * and only then the smallest; it does not say how it weighs brightness and sharpness.
 */
function bestOf(faces: readonly DetectedFace[], most: number): readonly DetectedFace[] {
  const worth = ({ quality }: DetectedFace) => quality.brightness + quality.sharpness;
  // The sort is stable, and the faces come with the largest first.
  const best = new Set([...faces].sort((one, other) => worth(other) - worth(one)).slice(0, most));
  return faces.filter((face) => best.has(face));
}

/** AWS's default of 80 % for the threshold; without MaxFaces, all that match up to its limit. */
function searchLimits(input: Input): { threshold: number; most: number } {
  return {
    threshold: numberOr(input, "FaceMatchThreshold", 80, 0, 100, false),
    most: numberOr(input, "MaxFaces", mostListed, 1, mostListed, true),
  };
}

function agedBy(lag: number): (face: StoredFace) => boolean {
  const now = Date.now();
  return (face) => lag <= 0 || now - face.indexed >= lag;
}

function faceMatch({ face, distance }: FaceMatch): object {
  return { Similarity: similarityOf(distance), Face: storedFace(face) };
}

function faceIdsOf(input: Input, required: boolean): ReadonlySet<string> {
  const ids = textsOf(input, "FaceIds");
  if (ids.length === 0 && (required || Array.isArray(input["FaceIds"]))) {
    throw violation(null, "faceIds", "have length greater than or equal to 1");
  }
  if (ids.length > mostListed) {
    throw violation(ids.length, "faceIds", `have length less than or equal to ${mostListed}`);
  }
  for (const id of ids) {
    if (!faceIdPattern.test(id)) {
      throw violation(
        id,
        "faceIds",
        `satisfy constraint: [Member must satisfy regular expression pattern: ${faceIdPattern.source.slice(1, -1)}]`,
      );
    }
  }
  return new Set(ids);
}

function writeToken(position: number): string {
  return Buffer.from(`after ${position}`).toString("base64");
}

function readToken(input: Input): number {
  const token = optionalText(input, "NextToken", /^[^]*$/, 255);
  if (token === undefined) return 0;
  const position = /^after (\d+)$/.exec(Buffer.from(token, "base64").toString());
  if (position === null) throw cloudError("InvalidPaginationTokenException", 400, "Pagination token is invalid.");
  return Number(position[1]);
}
