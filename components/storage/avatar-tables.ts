import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { avatarTableKey } from "../../handlers/stores/avatars";
import { uploadTableExpiry, uploadTableKey } from "../../handlers/stores/uploads";
import type { Settings } from "../settings";

export interface AvatarTables {
  /** One row per student: the avatar in use. */
  readonly avatars: aws.dynamodb.Table;
  /** One row per upload: its progress and outcome. */
  readonly uploads: aws.dynamodb.Table;
}

/** The two tables: paid per request, encrypted, and, if data is kept, restorable to any second of the last 35 days. */
export function createAvatarTables(
  name: string,
  settings: Pick<Settings, "existing" | "keepData" | "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): AvatarTables {
  const table = (part: string, existing: pulumi.Input<string> | undefined, key: string, ttl?: string) => {
    if (existing !== undefined) return aws.dynamodb.Table.get(`${name}-${part}`, existing, undefined, opts);
    return new aws.dynamodb.Table(
      `${name}-${part}`,
      {
        billingMode: "PAY_PER_REQUEST",
        hashKey: key,
        attributes: [{ name: key, type: "S" }],
        // AWS keeps a backup of such a table for 35 days after its deletion: a disposable table must not leave rows of
        // faces.
        pointInTimeRecovery: { enabled: settings.keepData },
        // The AWS-managed key, in place of the AWS-owned one: its use is in the account's own audit trail.
        serverSideEncryption: { enabled: true, kmsKeyArn: settings.kmsKeyArn },
        deletionProtectionEnabled: settings.keepData,
        ttl: ttl === undefined ? undefined : { attributeName: ttl, enabled: true },
        tags: settings.tags,
      },
      { ...opts, protect: settings.keepData, retainOnDelete: settings.keepData },
    );
  };
  const { avatarTable, uploadTable } = settings.existing;
  return {
    avatars: table("avatars", avatarTable, avatarTableKey),
    uploads: table("uploads", uploadTable, uploadTableKey, uploadTableExpiry),
  };
}
