/**
 * Writes, deletes and emits as fast as it can until it is killed, and reports to its parent each confirmed change. Run
 * by kill.test.ts; its argument is the storage folder.
 */
import { createHash, randomBytes } from "node:crypto";

import { s3Service } from "../../../../../packages/local-cloud/services/s3";
import type { CloudEvent } from "../../../../../packages/local-cloud/gateway/service";
import { bucket, identity } from "./harness";

export type Told =
  | { readonly put: string; readonly key: string; readonly versionId: string; readonly md5: string }
  | { readonly removed: string; readonly key: string; readonly versionId: string; readonly md5: string }
  | { readonly emitted: CloudEvent };

export const buckets = [
  bucket("versioned", { versioned: true, eventBridge: true }),
  bucket("plain", { eventBridge: true }),
];

/** Done when the parent will receive it even if this process is killed now. */
const tell = (told: Told) => new Promise<void>((resolve) => process.send?.(told, () => resolve()));

async function run(storage: string): Promise<void> {
  const s3 = s3Service({
    identity,
    storage,
    buckets,
    credentials: () => undefined,
    authorizeAs: () => undefined,
    // Late, so that the kill often falls between the change and its event.
    emit: async (event) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      await tell({ emitted: event });
    },
  });
  s3.start();
  const work = async (name: string, worker: number) => {
    for (let i = 0; ; i++) {
      const body = randomBytes(1 + Math.floor(Math.random() * 100_000));
      const key = `uploads/${worker}/${i % 5}`;
      const { versionId } = await s3.putObject(name, key, body);
      const md5 = createHash("md5").update(body).digest("hex");
      await tell({ put: name, key, versionId, md5 });
      if (i % 3 !== 2) continue;
      s3.deleteObject(name, key, versionId);
      await tell({ removed: name, key, versionId, md5 });
    }
  };
  await Promise.all([0, 1, 2].flatMap((worker) => [work("versioned", worker), work("plain", worker)]));
}

if (require.main === module) void run(process.argv[2] ?? "");
