import { allow, deleteThumbnailVersions, type OperatorGrants } from "../runtime/grants";

export const reconcileGrants: OperatorGrants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:Scan"], [on.uploadTable]),
  allow(["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"], [on.avatarTable]),
  allow(
    ["rekognition:ListFaces", "rekognition:DeleteFaces", "rekognition:IndexFaces", "rekognition:SearchFaces"],
    [on.faceCollection],
  ),
  ...deleteThumbnailVersions(on),
  // IndexFaces reads the thumbnail with the caller's rights.
  allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
  {
    ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
    Condition: { StringLike: { "s3:prefix": "uploads/*" } },
  },
  allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/uploads/*`]),
  allow(["states:StartExecution"], [on.stateMachine]),
  allow(["states:DescribeExecution"], [on.executions]),
];
