import * as aws from "@pulumi/aws";
import type * as Awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { physicalName, placeOf, type Place } from "../names";
import { document } from "../policies";
import { createPrivateBucket, tlsOnlyForBucket, type PrivateBucket } from "../storage/private-bucket";
import type { PipelineParts } from "../parts";

/**
 * Records every read and write of photos and rows. Changes to the resources themselves, and every call to Rekognition,
 * are already in the account's own trail.
 *
 * When switched off again, the trail is deleted, and its records stay if `keepData` keeps the data.
 *
 * @throws pulumi.ResourceError if @pulumi/awsx is not installed
 */
export function createAuditTrail(
  name: string,
  { settings, photoBucket, tables }: PipelineParts,
  opts: pulumi.CustomResourceOptions,
): Awsx.cloudtrail.Trail {
  const { Trail } = loadAwsx(opts.parent).cloudtrail;
  const dataEvents = (type: string, field: "startsWiths" | "equals", resources: pulumi.Input<string>[]) => ({
    name: `${name} ${type}`,
    fieldSelectors: [
      { field: "eventCategory", equals: ["Data"] },
      { field: "resources.type", equals: [type] },
      { field: "resources.ARN", [field]: resources },
    ],
  });
  const part = `${name}-audit`;
  const { bucket, publicAccess, kept } = createRecords(part, settings, opts);
  // The name is known in advance: the bucket's policy, which exists before the trail, lets only this trail write.
  // CloudTrail takes no two of `-` and `_` side by side, which a project's or a stack's name may bring.
  const trailName = physicalName(part, 128).replace(/[-_]{2,}/g, "-");
  const policy = recordsPolicy(bucket.arn, trailName, tables.avatars.arn.apply(placeOf));
  return new Trail(
    part,
    {
      name: trailName,
      advancedEventSelectors: [
        dataEvents("AWS::S3::Object", "startsWiths", [pulumi.interpolate`${photoBucket.arn}/`]),
        dataEvents("AWS::DynamoDB::Table", "equals", [tables.avatars.arn, tables.uploads.arn]),
      ],
      enableLogFileValidation: true,
      cloudWatchLogsGroup: { enable: false },
      s3Bucket: { existing: { arn: bucket.arn } },
      kmsKeyId: settings.kmsKeyArn,
      tags: settings.tags,
    },
    {
      ...opts,
      dependsOn: [publicAccess],
      ...(isMocked() ? {} : { transforms: [withPolicy(policy, kept.retainOnDelete)] }),
    },
  );
}

/** The bucket of the records: our own, because awsx's bucket is emptied when the trail is deleted. */
function createRecords(
  part: string,
  { keepData, audit, tags }: PipelineParts["settings"],
  opts: pulumi.CustomResourceOptions,
): PrivateBucket {
  // The trail itself uses the key to encrypt its files. Not protected, or the trail could not be switched off.
  const records = createPrivateBucket(part, { keepData, isProtected: false, kmsKeyArn: undefined, tags }, opts);
  new aws.s3.BucketLifecycleConfiguration(
    part,
    {
      bucket: records.bucket.bucket,
      rules: [{ id: "old-records", status: "Enabled", filter: { prefix: "" }, expiration: { days: audit.days } }],
    },
    records.kept,
  );
  return records;
}

/** The policy that lets one trail write its files and refuses requests without TLS. */
export function recordsPolicy(
  bucketArn: pulumi.Output<string>,
  trailName: string,
  { partition, region, account }: pulumi.Output<Place>,
): pulumi.Output<string> {
  const allow = { Effect: "Allow" as const, Principal: { Service: "cloudtrail.amazonaws.com" } };
  const ofTrail = {
    "aws:SourceArn": pulumi.interpolate`arn:${partition}:cloudtrail:${region}:${account}:trail/${trailName}`,
  };
  return document([
    {
      Sid: "TrailLooks",
      ...allow,
      Action: "s3:GetBucketAcl",
      Resource: bucketArn,
      Condition: { StringEquals: ofTrail },
    },
    {
      Sid: "TrailWrites",
      ...allow,
      Action: "s3:PutObject",
      Resource: pulumi.interpolate`${bucketArn}/AWSLogs/${account}/*`,
      Condition: { StringEquals: { ...ofTrail, "s3:x-amz-acl": "bucket-owner-full-control" } },
    },
    tlsOnlyForBucket(bucketArn),
  ]);
}

/**
 * Makes awsx give the bucket this policy: awsx's own lets every trail of AWS write, and accepts requests without TLS.
 */
export function withPolicy(policy: pulumi.Input<string>, retainOnDelete: boolean): pulumi.ResourceTransform {
  return ({ type, props, opts }) =>
    type === "aws:s3/bucketPolicy:BucketPolicy"
      ? { props: { ...props, policy }, opts: { ...opts, retainOnDelete } }
      : undefined;
}

/**
 * Pulumi's mocks refuse a resource with transforms and never run them: awsx's resources are not created under mocks.
 */
function isMocked(): boolean {
  return pulumi.runtime.getMonitor() instanceof MockMonitor;
}

/** Loaded only on demand: it is a large package with its own plugin, and few schools want a trail. */
function loadAwsx(owner: pulumi.Resource | undefined): typeof Awsx {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for everybody
    return require("@pulumi/awsx") as typeof Awsx;
  } catch {
    throw new pulumi.ResourceError(
      "audit.enabled is true, but the package @pulumi/awsx is not installed; run `npm install @pulumi/awsx`.",
      owner,
      true,
    );
  }
}
