import * as pulumi from "@pulumi/pulumi";
import { avatarPrefix } from "../../handlers/contract/keys";
import type { PipelineParts } from "../flow/steps";

/** What a role of the consumer's needs to show avatars, as a policy document: rows by student, and thumbnails. */
export function readAvatarsPolicy({ settings, photoBucket, tables }: PipelineParts): pulumi.Output<string> {
  const { kmsKeyArn, formerKmsKeyArns } = settings;
  const keys = [...(kmsKeyArn === undefined ? [] : [kmsKeyArn]), ...formerKmsKeyArns];
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["dynamodb:GetItem", "dynamodb:BatchGetItem"], Resource: [tables.avatars.arn] },
      {
        Effect: "Allow",
        Action: ["s3:GetObject"],
        Resource: [pulumi.interpolate`${photoBucket.arn}/${avatarPrefix}*`],
      },
      ...(keys.length === 0 ? [] : [{ Effect: "Allow", Action: ["kms:Decrypt"], Resource: keys }]),
    ],
  });
}
