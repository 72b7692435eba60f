import { GetObjectCommand, PutObjectCommand, type PutObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";

import { bucket, startS3, type TestS3 } from "./harness";

/** The common parts of one file's tests: a bucket `plain`, and one that keeps versions, `versioned`. */
interface ObjectsWorld {
  readonly cloud: TestS3;
  /** The operator's client. */
  readonly client: S3Client;
  /** Puts an object whose body is its key unless another is given. */
  readonly put: (Bucket: string, Key: string, Body?: string | Uint8Array) => Promise<PutObjectCommandOutput>;
  /** An object's text, from its newest version unless another is given. */
  readonly read: (Bucket: string, Key: string, VersionId?: string) => Promise<string | undefined>;
}

/** Describes the operator's access to objects; policies.test.ts covers everybody else's. */
export function describeObjects(title: string, tests: (world: () => ObjectsWorld) => void): void {
  describe(title, () => {
    let world: ObjectsWorld;
    before(async () => (world = await startWorld()));
    after(() => world.cloud.stop());

    tests(() => world);
  });
}

async function startWorld(): Promise<ObjectsWorld> {
  const cloud = await startS3({ buckets: [bucket("plain"), bucket("versioned", { versioned: true })] });
  const client = cloud.client();
  return {
    cloud,
    client,
    put: (Bucket, Key, Body = Key) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    async read(Bucket, Key, VersionId) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      return Body?.transformToString();
    },
  };
}
