import { cloudError, type CloudRequest } from "../../gateway/service";
import { nodesOf } from "../../program/nodes";
import type { LocalService, ServiceContext } from "../module";
import type { S3Service } from "../s3";
import { s3 } from "../s3/module";
import { networkEngine } from "./faces/network-engine";
import { rekognitionService } from "./index";

const collectionType = "aws:rekognition/collection:Collection";

/**
 * The time during which searches do not know a face that was just indexed, in milliseconds. AWS documents no time;
 * others observed some hundred.
 */
const searchableAfter = 200;

export const rekognition: LocalService<readonly string[], undefined> = {
  name: "rekognition",
  serves: [collectionType],
  declared: (graph) => nodesOf(graph, collectionType).map((node) => node.required("collectionId")),
  open(context, collections) {
    const { identity, faults, folder, options, part, warn } = context;
    const engine = options.engine ?? networkEngine();
    const isOwn = options.engine === undefined;
    const isWanted = isOwn && collections.length > 0;
    const load = (): void =>
      void engine.ready().catch((error: unknown) => {
        const { name, message } = error as Error;
        // A command that needs no face may end before the networks are loaded.
        if (name !== "EngineClosed") warn(message);
      });
    // The networks load during the rest of the startup: a program with a collection will send photos.
    if (isWanted) load();
    const wire = rekognitionService({
      identity,
      engine,
      storage: folder("faces"),
      searchLag: (operation, { caller }) =>
        Math.max(searchableAfter, faults?.staleness({ service: "rekognition", operation, caller: caller.arn }) ?? 0),
      collections,
      readObject: objectReader(part(s3), context),
    });
    return {
      part: undefined,
      wire,
      // Idle networks have ended: they load while the photo is on its way here.
      observe: ({ "detail-type": type }) => {
        if (isWanted && type === "Object Created") load();
      },
      close: async () => (isOwn ? engine.close() : undefined),
    };
  },
};

/** Reads an image in a bucket with the caller's permissions. */
function objectReader(buckets: S3Service, { identity }: ServiceContext) {
  return async (request: CloudRequest, bucket: string, key: string, version?: string): Promise<Buffer> => {
    const action = version === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    request.authorize(action, `arn:${identity.partition}:s3:::${bucket}/${key}`);
    const found = await buckets.getObject(bucket, key, version);
    if (!found) throw cloudError("NoSuchKey", 404, "The specified key does not exist.");
    const chunks: Buffer[] = [];
    for await (const chunk of found.body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
}
