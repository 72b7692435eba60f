import { allow, deleteThumbnailVersions, type OperatorGrants } from "../runtime/grants";

export const eraseStudentGrants: OperatorGrants = (on) => [
  allow(["dynamodb:Scan", "dynamodb:DeleteItem"], [on.uploadTable]),
  allow(["dynamodb:DeleteItem"], [on.avatarTable]),
  allow(["rekognition:ListFaces", "rekognition:DeleteFaces"], [on.faceCollection]),
  ...deleteThumbnailVersions(on),
  {
    ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
    Condition: { StringLike: { "s3:prefix": "uploads/*" } },
  },
  allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/uploads/*`]),
];
