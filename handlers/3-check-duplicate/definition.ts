import { dynamodb, lazyPictures, lazyS3, now, rekognition } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, showUploads } from "../runtime/grants";
import { avatarTable, collectionId, duplicateSimilarity, uploadTable } from "../runtime/settings";
import { checkDuplicate } from "./handler";

export const checkDuplicateStep = defineStep({
  name: "CheckDuplicate",
  handler: checkDuplicate,
  settings: { uploadTable, avatarTable, collectionId, duplicateSimilarity },
  clients: { dynamodb, rekognition, s3: lazyS3, pictures: lazyPictures, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
    showUploads(on),
    allow(["rekognition:SearchFacesByImage"], [on.faceCollection]),
  ],
  refusals: ["DUPLICATE_FACE", "NO_FACE", "FILE_CORRUPT", "FILE_TOO_LARGE", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
    ["rekognition", "SearchFacesByImage"],
    ["dynamodb", "GetItem"],
  ],
  // A photo that is not plain is decoded here: as much memory as CreateThumbnail has for it.
  memorySize: 512,
  timeout: 30,
  usesImaging: true,
});
