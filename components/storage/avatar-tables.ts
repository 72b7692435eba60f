import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { avatarTableKey } from "../../handlers/stores/avatars";
import { uploadTableExpiry, uploadTableKey } from "../../handlers/stores/uploads";
import type { Settings } from "../settings";

export interface AvatarTables {
  /** One row per student: the avatar in use. */
  readonly avatars: aws.dynamodb.Table;
  /** One row per upload: how far it is and how it ended. */
  readonly uploads: aws.dynamodb.Table;
}

/** The two tables: paid per request, encrypted, and, where data is kept, to be had back as of any second of 35 days. */
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
        // AWS keeps a backup of such a table for 35 days after it is deleted: a disposable one must leave no faces'
        // rows.
        pointInTimeRecovery: { enabled: settings.keepData },
        // The key that AWS manages, in place of the one that AWS owns: its use is in the account's own audit trail.
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
