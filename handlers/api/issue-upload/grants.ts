import { allow, type Grants } from "../../runtime/grants";

export const issueUploadGrants: Grants = (on) => [
  allow(["dynamodb:PutItem"], [on.uploadTable]),
  // Not called by the function: the form that it signs stores the photo with the function's rights.
  allow(["s3:PutObject"], [`${on.photoBucket}/uploads/*`]),
];
