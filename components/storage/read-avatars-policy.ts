import * as pulumi from "@pulumi/pulumi";
import { avatarPrefix } from "../../handlers/contract/keys";
import { document } from "../policies";
import type { PipelineParts } from "../parts";

/** The policy document that a consumer's role needs to show avatars: rows by student, and thumbnails. */
export function readAvatarsPolicy({ settings, photoBucket, tables }: PipelineParts): pulumi.Output<string> {
  const { kmsKeyArn, formerKmsKeyArns } = settings;
  const keys = [...(kmsKeyArn === undefined ? [] : [kmsKeyArn]), ...formerKmsKeyArns];
  return document([
    { Effect: "Allow", Action: ["dynamodb:GetItem", "dynamodb:BatchGetItem"], Resource: [tables.avatars.arn] },
    {
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: [pulumi.interpolate`${photoBucket.arn}/${avatarPrefix}*`],
    },
    ...(keys.length === 0 ? [] : [{ Effect: "Allow" as const, Action: ["kms:Decrypt"], Resource: keys }]),
  ]);
}
