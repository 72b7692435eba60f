import { allow, markProgress, readUploads, type Grants } from "../runtime/grants";

export const createThumbnailGrants: Grants = (on) => [
  markProgress(on),
  readUploads(on),
  allow(["s3:PutObject"], [`${on.photoBucket}/avatars/*`]),
];
