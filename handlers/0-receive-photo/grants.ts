import { allow, type Grants } from "../lib/grants";

export const receivePhotoGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["dynamodb:GetItem"], [on.avatarTable]),
  // HeadObject: when an object of no issued name was stored.
  allow(["s3:GetObject", "s3:GetObjectVersion"], [`${on.photoBucket}/uploads/*`]),
  // Without it S3 answers 403 in place of 404 for an object that is gone.
  allow(["s3:ListBucket"], [on.photoBucket]),
];
