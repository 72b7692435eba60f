import { join } from "node:path";
import type { LocalService } from "../module";
import { objectTypes, publishObjects } from "./declared-objects";
import { bucketSettings, bucketTypes, readBucketPolicies, readBuckets, readEncryptedBuckets } from "./graph";
import { s3Service, type DeclaredBucket, type S3Service } from "./index";

export const s3: LocalService<readonly DeclaredBucket[], S3Service> = {
  name: "s3",
  serves: [...bucketTypes, ...bucketSettings, ...objectTypes],
  policies: readBucketPolicies,
  encrypted: readEncryptedBuckets,
  declared: readBuckets,
  open({ authorizer, credentials, data, folder, graph, identity, options, publish }, buckets) {
    const service = s3Service({
      identity,
      storage: folder("buckets"),
      buckets,
      credentials: (accessKeyId, sessionToken) => credentials.find(accessKeyId, sessionToken),
      authorizeAs: (caller, action, resource, context) => authorizer.authorize(caller, action, resource, context),
      emit(event) {
        options.onEvent?.(event);
        return publish(event);
      },
    });
    return {
      part: service,
      wire: service,
      async start() {
        await publishObjects(graph, service, join(data, "objects.json"));
        service.start();
      },
    };
  },
};
