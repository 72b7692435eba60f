import { dynamodb, now, rekognition, s3, sleep } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, deleteThumbnailVersions, deleteUploads, markProgress } from "../runtime/grants";
import { avatarTable, collectionId, uploadTable } from "../runtime/settings";
import { deleteOriginal } from "./handler";

export const deleteOriginalStep = defineStep({
  name: "DeleteOriginal",
  handler: deleteOriginal,
  settings: { uploadTable, avatarTable, collectionId },
  clients: { dynamodb, rekognition, s3, now, sleep },
  grants: (on) => [
    markProgress(on),
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.avatarTable]),
    deleteUploads(on),
    ...deleteThumbnailVersions(on),
    allow(["rekognition:DeleteFaces"], [on.faceCollection]),
  ],
  refusals: [],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "DeleteObject"],
    ["dynamodb", "GetItem"],
    ["rekognition", "DeleteFaces"],
    ["s3", "ListObjectVersions"],
    ["s3", "DeleteObjects"],
  ],
  memorySize: 256,
  timeout: 30,
});
