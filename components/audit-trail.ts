import type * as Awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
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
  const { Trail } = loadAwsx(opts.parent).cloudtrail;
  return new Trail(
    `${name}-audit`,
    {
      advancedEventSelectors: [
        dataEvents("AWS::S3::Object", "startsWiths", [pulumi.interpolate`${photoBucket.arn}/`]),
        dataEvents("AWS::DynamoDB::Table", "equals", [tables.avatars.arn, tables.uploads.arn]),
      ],
      enableLogFileValidation: true,
      cloudWatchLogsGroup: { enable: false },
      // awsx empties it when it goes, if it is not told otherwise: who read a photo would be forgotten with one option.
      s3Bucket: { args: { forceDestroy: !settings.keepData, tags: settings.tags } },
      ...(settings.kmsKeyArn === undefined ? {} : { kmsKeyId: settings.kmsKeyArn }),
      tags: settings.tags,
    },
    opts,
  );
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
