import * as aws from "@pulumi/aws";
import type * as Awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { createPrivateBucket, tlsOnlyStatement } from "./private-bucket";
import type { PipelineParts } from "./step-functions";

/**
 * Records every read and write of photos and rows. What is changed of the resources themselves, and every call to
 * Rekognition, is in the account's own trail already.
 *
 * @throws pulumi.ResourceError when @pulumi/awsx is not installed
 */
export function createAuditTrail(
  name: string,
  { settings, photoBucket, tables }: PipelineParts,
  opts: pulumi.CustomResourceOptions,
): Awsx.cloudtrail.Trail {
  const dataEvents = (type: string, field: "startsWiths" | "equals", resources: pulumi.Input<string>[]) => ({
    name: `${name} ${type}`,
    fieldSelectors: [
      { field: "eventCategory", equals: ["Data"] },
      { field: "resources.type", equals: [type] },
      { field: "resources.ARN", [field]: resources },
    ],
  });
  const part = `${name}-audit`;
  // A bucket of our own: that of awsx is emptied with the trail and open to requests without TLS.
  const { bucket, kept } = createPrivateBucket(part, { ...settings, kmsKeyArn: undefined }, opts);
  new aws.s3.BucketLifecycleConfiguration(
    part,
    {
      bucket: bucket.bucket,
      rules: [
        { id: "old-records", status: "Enabled", filter: { prefix: "" }, expiration: { days: settings.audit.days } },
      ],
    },
    kept,
  );
  const { Trail } = loadAwsx(opts.parent).cloudtrail;
  return new Trail(
    part,
    {
      advancedEventSelectors: [
        dataEvents("AWS::S3::Object", "startsWiths", [pulumi.interpolate`${photoBucket.arn}/`]),
        dataEvents("AWS::DynamoDB::Table", "equals", [tables.avatars.arn, tables.uploads.arn]),
      ],
      enableLogFileValidation: true,
      cloudWatchLogsGroup: { enable: false },
      s3Bucket: { existing: { arn: bucket.arn } },
      ...(settings.kmsKeyArn === undefined ? {} : { kmsKeyId: settings.kmsKeyArn }),
      tags: settings.tags,
    },
    isMocked() ? opts : { ...opts, transforms: [withTlsOnly(bucket.arn)] },
  );
}

interface Policy {
  readonly Statement: readonly unknown[];
}

/** awsx gives the bucket its policy, which lets CloudTrail write: this adds that everybody must come over TLS. */
export function withTlsOnly(bucketArn: pulumi.Input<string>): pulumi.ResourceTransform {
  return ({ type, props, opts }) => {
    if (type !== "aws:s3/bucketPolicy:BucketPolicy") return undefined;
    const policy = pulumi.output(props["policy"] as pulumi.Input<string | Policy>).apply((given) => {
      const document = typeof given === "string" ? (JSON.parse(given) as Policy) : given;
      return pulumi.jsonStringify({ ...document, Statement: [...document.Statement, tlsOnlyStatement(bucketArn)] });
    });
    return { props: { ...props, policy }, opts };
  };
}

/** Pulumi's mocks refuse a resource that has transforms, and never ask them: what awsx would make is not made there. */
function isMocked(): boolean {
  return pulumi.runtime.getMonitor() instanceof MockMonitor;
}

/** Loaded only when it is asked for: it is a large package with a plugin of its own, and few want a trail. */
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
