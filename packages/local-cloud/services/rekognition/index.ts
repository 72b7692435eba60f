import { jsonService } from "../../gateway/json-service";
import type { CloudIdentity, CloudRequest, CloudService } from "../../gateway/service";
import type { FaceEngine } from "./faces/engine";
import type { ReadObject } from "./image";
import { members } from "./members";
import { rekognitionOperations, type SearchOperation } from "./operations";
import { CollectionStore } from "./store";

export type { ReadObject } from "./image";
export type { SearchOperation } from "./operations";

export interface RekognitionOptions {
  readonly identity: CloudIdentity;
  /** The face engine. It belongs to the caller: closing the service leaves it open. */
  readonly engine: FaceEngine;
  /** The folder of the collections; made if it is missing. One service at a time. */
  readonly storage: string;
  /** The collections that the program declares: they exist from the start. */
  readonly collections: readonly string[];
  /** Reads an `S3Object` with the caller's own permissions. */
  readonly readObject: ReadObject;
  /**
   * The minimum age of a face for this search to know and find it, in milliseconds: AWS promises no time after which a
   * face is found. Default 0, every face is found at once.
   */
  readonly searchLag?: ((operation: SearchOperation, request: CloudRequest) => number) | undefined;
}

/** 5 MB of image in base64 with a margin, so that an image that is too large is refused by name. */
const mostRequestBytes = 24 * 1024 * 1024;

/**
 * Rekognition's face operations on its JSON protocol: DetectFaces, IndexFaces, SearchFacesByImage, SearchFaces,
 * ListFaces, DeleteFaces, and CreateCollection, DescribeCollection, ListCollections, DeleteCollection. Every other
 * operation is refused by its name as not implemented.
 */
export function rekognitionService(options: RekognitionOptions): CloudService {
  const { identity, engine, readObject, searchLag = () => 0 } = options;
  const store = new CollectionStore(options.storage, options.collections);
  return jsonService({
    name: "rekognition",
    targetPrefix: "RekognitionService",
    members,
    operations: rekognitionOperations({ identity, engine, store, readObject, searchLag }),
    maxBytes: mostRequestBytes,
    close: () => {
      store.close();
      return Promise.resolve();
    },
  });
}
