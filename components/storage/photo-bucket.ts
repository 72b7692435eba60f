import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { uploadPrefix } from "../../handlers/contract/keys";
import { document } from "../policies";
import type { Settings } from "../settings";
import { createPrivateBucket, tlsOnlyForBucket } from "./private-bucket";

/**
 * The one bucket of photos: originals below `uploads/`, thumbnails below `avatars/`.
 *
 * Private, encrypted, TLS only. Versioned, so that a photo overwritten during processing is still processed as the
 * version in its event. Each stored object is announced on the event bus.
 */
export function createPhotoBucket(
  name: string,
  settings: Pick<Settings, "existing" | "retention" | "keepData" | "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): aws.s3.Bucket {
  const part = `${name}-photos`;
  if (settings.existing.photoBucket !== undefined) {
    return aws.s3.Bucket.get(part, settings.existing.photoBucket, undefined, opts);
  }
  const { bucket, publicAccess, kept } = createPrivateBucket(part, settings, opts);
  const of = { bucket: bucket.bucket };
  const versioning = new aws.s3.BucketVersioning(part, { ...of, versioningConfiguration: { status: "Enabled" } }, kept);
  new aws.s3.BucketPolicy(
    part,
    { ...of, policy: document([tlsOnlyForBucket(bucket.arn)]) },
    { ...kept, dependsOn: [publicAccess] },
  );
  new aws.s3.BucketLifecycleConfiguration(
    part,
    {
      ...of,
      rules: [
        {
          id: "leftover-originals",
          status: "Enabled",
          filter: { prefix: uploadPrefix },
          expiration: { days: settings.retention.originalDays },
        },
        {
          // The pipeline deletes by version; this rule is for objects that a person deletes or overwrites.
          id: "old-versions",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: 1 },
        },
        {
          // S3 allows no day count beside it: a marker is removed when it is the last version of an object.
          id: "delete-markers",
          status: "Enabled",
          filter: { prefix: "avatars/" },
          expiration: { expiredObjectDeleteMarker: true },
        },
        {
          id: "unfinished-uploads",
          status: "Enabled",
          filter: { prefix: "" },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ],
    },
    // S3 refuses a rule for old versions on a bucket without versioning.
    { ...kept, dependsOn: [versioning] },
  );
  new aws.s3.BucketNotification(part, { ...of, eventbridge: true }, opts);
  return bucket;
}

/** Lets pages of these origins upload with a presigned POST and read its answer. */
export function allowUploadsFrom(
  name: string,
  args: { readonly bucket: aws.s3.Bucket; readonly origins: pulumi.Input<string>[] },
  opts: pulumi.CustomResourceOptions,
): aws.s3.BucketCorsConfiguration {
  return new aws.s3.BucketCorsConfiguration(
    `${name}-photos`,
    {
      bucket: args.bucket.bucket,
      corsRules: [
        {
          allowedMethods: ["POST"],
          allowedOrigins: args.origins,
          allowedHeaders: ["*"],
          exposeHeaders: ["ETag"],
          maxAgeSeconds: 3600,
        },
      ],
    },
    opts,
  );
}
