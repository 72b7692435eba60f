import { allow, type Grants } from "../../runtime/grants";

export const readStatusGrants: Grants = (on) => [
  allow(["dynamodb:GetItem"], [on.uploadTable, on.avatarTable]),
  // Not called by the function: the links that it signs read the thumbnails with the function's rights.
  allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
];
