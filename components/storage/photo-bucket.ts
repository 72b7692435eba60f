import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { uploadPrefix } from "../../handlers/contract/keys";
import { document } from "../policies";
import type { Settings } from "../settings";
import { createPrivateBucket, tlsOnlyForBucket } from "./private-bucket";

/**
 * The one bucket of photos: originals below `uploads/`, thumbnails below `avatars/`.
 *
 * Private, encrypted, TLS only. Versioned, so that a photo that is overwritten while it is processed is still
 * processed as the version that its event named. What is stored is announced on the event bus.
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
          // The pipeline deletes by version; this is for what a person deletes or overwrites.
          id: "old-versions",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: 1 },
        },
        {
          // S3 allows no day count beside it: a marker goes when it is the last that is left of an object.
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
    // A rule for old versions is refused on a bucket that has none yet.
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
