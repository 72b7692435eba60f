import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tlsOnly, type PolicyStatement } from "../policies";
import type { Settings } from "../settings";

/** A bucket that is closed to the public, with the values that its other settings need. */
export interface PrivateBucket {
  readonly bucket: aws.s3.Bucket;
  /** S3 refuses two simultaneous changes to a bucket's access: a policy must depend on this. */
  readonly publicAccess: aws.s3.BucketPublicAccessBlock;
  /** For the other settings of the bucket. */
  readonly kept: pulumi.CustomResourceOptions & { readonly retainOnDelete: boolean };
}

/**
 * A bucket that nobody can open to the public, encrypted, without access lists. The caller sets its policy.
 *
 * @param args.keepData whether it is retained, with its settings, when the stack removes it
 * @param args.isProtected whether removing it is refused; by default if data is kept
 * @param args.kmsKeyArn undefined for S3's own keys
 */
export function createPrivateBucket(
  part: string,
  args: Pick<Settings, "keepData" | "kmsKeyArn" | "tags"> & { readonly isProtected?: boolean },
  opts: pulumi.CustomResourceOptions,
): PrivateBucket {
  const { keepData, isProtected = keepData, kmsKeyArn, tags } = args;
  const bucket = new aws.s3.Bucket(
    part,
    { forceDestroy: !keepData, tags },
    { ...opts, protect: isProtected, retainOnDelete: keepData },
  );
  const of = { bucket: bucket.bucket };
  // A retained bucket must not be left open or unencrypted.
  const kept = { ...opts, retainOnDelete: keepData };
  const publicAccess = new aws.s3.BucketPublicAccessBlock(
    part,
    { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    kept,
  );
  new aws.s3.BucketOwnershipControls(part, { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }, kept);
  new aws.s3.BucketServerSideEncryptionConfiguration(part, { ...of, rules: [encryptionRule(kmsKeyArn)] }, kept);
  return { bucket, publicAccess, kept };
}

function encryptionRule(
  kmsKeyArn: Settings["kmsKeyArn"],
): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  return kmsKeyArn === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
        // One call to KMS for many objects, instead of one for each.
        bucketKeyEnabled: true,
      };
}

/** The statement of a bucket's policy that refuses every request, to the bucket or an object, without TLS. */
export function tlsOnlyForBucket(bucketArn: pulumi.Input<string>): PolicyStatement {
  return tlsOnly("s3:*", [bucketArn, pulumi.interpolate`${bucketArn}/*`]);
}
