import { dynamodb, now, rekognition, s3, sleep } from "../runtime/clients";
import { defineFunction } from "../runtime/define";
import { allow, deleteThumbnailVersions, type PipelineArns } from "../runtime/grants";
import { avatarTable, collectionId, number, photoBucket, uploadTable } from "../runtime/settings";
import { step } from "../runtime/step";
import { eraseStudent } from "./handler";

export const eraseStudentFunction = defineFunction({
  name: "EraseStudent",
  handler: eraseStudent,
  settings: { uploadTable, avatarTable, collectionId, photoBucket, settleSeconds: number("SETTLE_SECONDS") },
  clients: {
    dynamodb,
    rekognition,
    s3,
    now,
    sleep,
  },
  around: step,
  grants: (on: PipelineArns) => [
    allow(["dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:DeleteItem"], [on.avatarTable]),
    allow(["rekognition:ListFaces", "rekognition:DeleteFaces"], [on.faceCollection]),
    ...deleteThumbnailVersions(on),
    {
      ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
      Condition: { StringLike: { "s3:prefix": "uploads/*" } },
    },
    allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/uploads/*`]),
  ],
  memorySize: 256,
  timeout: 900,
});
