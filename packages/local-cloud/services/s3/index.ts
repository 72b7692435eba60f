/**
 * The local S3: the buckets that the program declares, on S3's own wire protocol.
 *
 *   s3Service(options): S3Service        a service of the gateway, and access from within the process
 *
 * wire/        requests and answers: which operation, bodies, checksums, XML, CORS, errors
 * operations/  the operations, a file for each family
 * store/       changes with their events, the journal that commits them, the bytes, the order of keys
 */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";

import type { CloudRequest, CloudService } from "../../gateway/service";
import { answer, bucketAt, operationOf, refuse } from "./answer";
import { noAttributes } from "./wire/attributes";
import { drain, maxBody, piecesOf } from "./wire/body";
import { addObject, deleteObject as removeObject, receive, using } from "./store/changes";
import { allowsOrigin } from "./wire/cors";
import { s3Error } from "./wire/errors";
import { currentObject, openCore } from "./wire/exchange";
import { walk } from "./store/listing";
import { checkKey } from "./wire/request-line";
import type { DeclaredBucket, S3Options } from "./options";
import { openStore, type StoredObject } from "./store";
import { websiteOf, type WebsiteHandler, type WebsiteOptions } from "./website";

export type {
  CorsRule,
  DeclaredBucket,
  PolicyContext,
  S3Options,
  SigningCredentials,
  WebsiteConfiguration,
} from "./options";
export type { WebsiteHandler, WebsiteOptions } from "./website";

/** An object, for code of this process. */
export interface ObjectInfo {
  readonly key: string;
  /** `null` if the bucket has no versioning. */
  readonly versionId: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType: string;
  /** Headers kept with the object, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The S3 of the local cloud. Its own methods serve the console, the website, Rekognition and tests in this process:
 * they check no policy, and throw CloudError NoSuchBucket for a bucket that is not declared.
 */
export interface S3Service extends CloudService {
  readonly name: "s3";
  /** Emits the unacknowledged events of the last run; to be called once their receiver is ready. */
  start(): void;
  /** The current object of a key, or the version named; `undefined` if there is none, or if it is a delete marker. */
  headObject(bucket: string, key: string, versionId?: string): ObjectInfo | undefined;
  /**
   * The same with its bytes, from `start` up to and including `end`, by default all. The caller must read or destroy
   * the stream.
   */
  getObject(
    bucket: string,
    key: string,
    versionId?: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly info: ObjectInfo; readonly body: Readable } | undefined>;
  /** Stores an object as a client's PutObject does, with its event. */
  putObject(
    bucket: string,
    key: string,
    body: Uint8Array | Readable,
    attributes?: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly metadata?: Readonly<Record<string, string>>;
    },
  ): Promise<ObjectInfo>;
  /** Deletes as a client's DeleteObject does, with its event. */
  deleteObject(bucket: string, key: string, versionId?: string): void;
  /** Current objects in the order of their keys. `after` is a key, exclusive; `limit` is 1,000 by default. */
  listObjects(
    bucket: string,
    query?: { readonly prefix?: string; readonly after?: string; readonly limit?: number },
  ): readonly ObjectInfo[];
  /**
   * The bucket as a website. Without options, as the bucket declares it, open to those whom its policy allows.
   *
   * @throws Error if the bucket declares no website and none is given
   */
  website(bucket: string, options?: WebsiteOptions): WebsiteHandler;
  close(): Promise<void>;
}

/**
 * Opens the local S3 on its folder, after cleaning up the leftovers of a killed process.
 *
 * @throws Error for a bucket name that S3 would not accept, or if the folder's journal cannot be read
 */
export function s3Service(options: S3Options): S3Service {
  const store = openStore(options.storage);
  const core = openCore(options, store);
  const running = new Set<Promise<void>>();

  async function handle(request: CloudRequest, response: ServerResponse): Promise<void> {
    try {
      await answer(core, request, response);
      await drain(request.body);
    } catch (error) {
      await refuse(core, request, response, error);
    }
  }

  const bucketOf = (name: string): DeclaredBucket => {
    const bucket = core.buckets.get(name);
    if (!bucket) throw s3Error("NoSuchBucket", { BucketName: name });
    return bucket;
  };
  const find = (bucket: string, key: string, versionId?: string): StoredObject | undefined => {
    if (versionId === undefined) return currentObject(core, bucketOf(bucket).name, key);
    const version = store.versions(bucketOf(bucket).name, key).find((candidate) => candidate.versionId === versionId);
    return version?.deleteMarker === false ? version : undefined;
  };
  const cause = () => ({ requestId: crypto.randomUUID(), requester: options.identity.accountId });

  return {
    name: "s3",
    operationOf,
    handle(request, response) {
      const done = handle(request, response).finally(() => running.delete(done));
      running.add(done);
      return done;
    },
    writeError(error, request, response) {
      void refuse(core, request, response, error);
    },
    allowsOrigin: (origin, { method, url = "" }) => allowsOrigin(bucketAt(core, url), origin, method),
    start: () => core.outbox.start(),
    headObject(bucket, key, versionId) {
      const object = find(bucket, key, versionId);
      return object && infoOf(object);
    },
    async getObject(bucket, key, versionId, range) {
      const object = find(bucket, key, versionId);
      if (!object) return undefined;
      const body = await store.read(object.blob, range?.start ?? 0, Math.min(range?.end ?? Infinity, object.size - 1));
      return { info: infoOf(object), body };
    },
    async putObject(bucket, key, body, { headers = {}, metadata = {} } = {}) {
      const home = bucketOf(bucket);
      const chunks = body instanceof Readable ? piecesOf(body) : piecesOf(Readable.from([Buffer.from(body)]));
      const { blob, size, md5 } = await receive(core, chunks, { max: maxBody });
      return using(core, blob, () => {
        const attributes = { ...noAttributes, headers: { ...noAttributes.headers, ...headers }, metadata };
        return infoOf(
          addObject(core, home, { key: checkKey(key), blob, size, etag: md5, attributes }, "PutObject", cause()),
        );
      });
    },
    deleteObject(bucket, key, versionId) {
      removeObject(core, bucketOf(bucket), key, versionId, cause());
    },
    listObjects(bucket, { prefix = "", after = "", limit = 1_000 } = {}) {
      const { name } = bucketOf(bucket);
      return walk(store.keys(name), { prefix, delimiter: "", after, limit }, (key) => {
        const object = currentObject(core, name, key);
        return object ? [infoOf(object)] : [];
      }).items;
    },
    website(bucket, site) {
      const home = bucketOf(bucket);
      const configured = site ?? (home.website && { ...home.website, reader: "everyone" as const });
      if (!configured) {
        throw new Error(
          `The bucket ${bucket} declares no website. Give it one in the program, or name its index document here.`,
        );
      }
      return websiteOf(core, home, configured);
    },
    async close() {
      await Promise.allSettled(running);
      core.outbox.close();
      await store.close();
    },
  };
}

function infoOf(object: StoredObject): ObjectInfo {
  const { key, versionId, size, etag, headers, metadata } = object;
  return {
    key,
    versionId,
    size,
    etag,
    lastModified: new Date(object.lastModified),
    contentType: headers["content-type"] ?? "",
    headers,
    metadata,
  };
}
