import { dynamodb, now, rekognition } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, showUploads } from "../runtime/grants";
import { avatarTable, collectionId, duplicateSimilarity, uploadTable } from "../runtime/settings";
import { checkDuplicate } from "./handler";

export const checkDuplicateStep = defineStep({
  name: "CheckDuplicate",
  handler: checkDuplicate,
  settings: { uploadTable, avatarTable, collectionId, duplicateSimilarity },
  clients: { dynamodb, rekognition, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
    showUploads(on),
    allow(["rekognition:SearchFacesByImage"], [on.faceCollection]),
  ],
  refusals: ["DUPLICATE_FACE", "NO_FACE", "FILE_CORRUPT", "FILE_TOO_LARGE"],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["rekognition", "SearchFacesByImage"],
    ["dynamodb", "GetItem"],
  ],
  memorySize: 256,
  timeout: 30,
});
