import { allow, type Grants } from "../lib/grants";

/**
 * @param sender the address that the mail comes from; SES asks for its own identity or its domain's, whichever is
 * verified
 */
export const mailStudentGrants =
  (sender: string): Grants =>
  (on) => {
    // The topics lie in the pipeline's own account and region, and so does the identity.
    const [, partition, , region, account] = on.successTopic.split(":");
    const identity = (name: string) => `arn:${partition}:ses:${region}:${account}:identity/${name}`;
    return [
      allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
      allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
      // Without it S3 answers 403 in place of 404 for a thumbnail that is gone.
      allow(["s3:ListBucket"], [on.photoBucket]),
      // A message with a picture in it is a raw one, which has an action of its own.
      allow(["ses:SendEmail", "ses:SendRawEmail"], [identity(sender), identity(sender.slice(sender.indexOf("@") + 1))]),
    ];
  };
