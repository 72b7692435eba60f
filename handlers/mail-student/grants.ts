import { allow, type Grants } from "../runtime/grants";

/**
 * @param sender the address that the mail comes from, and the only one. SES asks for the identity that is verified (the
 * address, its domain or one above it) and in its sandbox for the recipient's as well: so it is any identity. Where that
 * has a default configuration set, SES asks for the set too, though the message names none: so it is any of those.
 */
export const mailStudentGrants =
  (sender: string): Grants =>
  (on) => {
    // The topics lie in the pipeline's own account and region, and so does the identity.
    const [, partition, , region, account] = on.successTopic.split(":");
    const ses = `arn:${partition}:ses:${region}:${account}`;
    return [
      allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
      allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
      // Without it S3 answers 403 in place of 404 for a thumbnail that is gone.
      allow(["s3:ListBucket"], [on.photoBucket]),
      // A message with a picture in it is a raw one, which has an action of its own.
      {
        ...allow(["ses:SendEmail", "ses:SendRawEmail"], [`${ses}:identity/*`, `${ses}:configuration-set/*`]),
        Condition: { StringEquals: { "ses:FromAddress": sender } },
      },
    ];
  };
