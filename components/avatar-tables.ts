import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./settings";

export interface AvatarTables {
  /** One row per student: the avatar in use. */
  readonly avatars: aws.dynamodb.Table;
  /** One row per upload: how far it is and how it ended. */
  readonly uploads: aws.dynamodb.Table;
}

/** The two tables: paid per request, encrypted, and to be had back as of any second of the last 35 days. */
export function createAvatarTables(
  name: string,
  settings: Pick<Settings, "keepData" | "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): AvatarTables {
  const table = (part: string, key: string, ttl?: string) =>
    new aws.dynamodb.Table(
      `${name}-${part}`,
      {
        billingMode: "PAY_PER_REQUEST",
        hashKey: key,
        attributes: [{ name: key, type: "S" }],
        pointInTimeRecovery: { enabled: true },
        // The key that AWS manages, in place of the one that AWS owns: its use is in the account's own audit trail.
        serverSideEncryption: {
          enabled: true,
          ...(settings.kmsKeyArn === undefined ? {} : { kmsKeyArn: settings.kmsKeyArn }),
        },
        deletionProtectionEnabled: settings.keepData,
        ...(ttl === undefined ? {} : { ttl: { attributeName: ttl, enabled: true } }),
        tags: settings.tags,
      },
      { ...opts, protect: settings.keepData, retainOnDelete: settings.keepData },
    );
  return { avatars: table("avatars", "student_id"), uploads: table("uploads", "upload_id", "expires_at") };
}
