import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { uploadPrefix } from "../handlers/lib/keys";
import type { Settings } from "./settings";

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
  const bucket = new aws.s3.Bucket(
    part,
    { forceDestroy: !settings.keepData, tags: settings.tags },
    { ...opts, protect: settings.keepData, retainOnDelete: settings.keepData },
  );
  const of = { bucket: bucket.bucket };
  // A bucket that is let go and kept must not be left open, unencrypted or without its end of originals.
  const kept = { ...opts, retainOnDelete: settings.keepData };
  const publicAccess = new aws.s3.BucketPublicAccessBlock(
    part,
    { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    kept,
  );
  new aws.s3.BucketOwnershipControls(part, { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }, kept);
  new aws.s3.BucketServerSideEncryptionConfiguration(
    part,
    { ...of, rules: [encryptionRule(settings.kmsKeyArn)] },
    kept,
  );
  const versioning = new aws.s3.BucketVersioning(part, { ...of, versioningConfiguration: { status: "Enabled" } }, kept);
  new aws.s3.BucketPolicy(
    part,
    { ...of, policy: tlsOnly(bucket.arn) },
    // S3 refuses two changes to a bucket's access at the same time.
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

function encryptionRule(
  kmsKeyArn: Settings["kmsKeyArn"],
): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  return kmsKeyArn === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
        // One call to KMS for many objects, in place of one each.
        bucketKeyEnabled: true,
      };
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

/** Refuses every request that is not made over TLS. */
function tlsOnly(bucketArn: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: [tlsOnlyStatement(bucketArn)] });
}

/** The statement that does so, for a policy with others in it. */
export function tlsOnlyStatement(bucketArn: pulumi.Input<string>) {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
