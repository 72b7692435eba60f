import type * as aws from "@pulumi/aws";
import type { Settings } from "../settings";

/** A log group below a prefix, with the retention and encryption of the args. */
export function logGroupArgs(
  namePrefix: string,
  settings: Pick<Settings, "retention" | "kmsKeyArn" | "tags">,
): aws.cloudwatch.LogGroupArgs {
  return {
    namePrefix,
    retentionInDays: settings.retention.logDays,
    kmsKeyId: settings.kmsKeyArn,
    tags: settings.tags,
  };
}
