import { dynamodb, rekognition, s3, sleep } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, deleteThumbnailVersions, deleteUploads } from "../runtime/grants";
import { avatarTable, collectionId, uploadTable } from "../runtime/settings";
import { undo } from "./handler";

export const undoStep = defineStep({
  name: "Undo",
  handler: undo,
  settings: { uploadTable, avatarTable, collectionId },
  clients: { dynamodb, rekognition, s3, sleep },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable, on.avatarTable]),
    deleteUploads(on),
    ...deleteThumbnailVersions(on),
    allow(["rekognition:DeleteFaces", "rekognition:ListFaces"], [on.faceCollection]),
  ],
  refusals: [],
  calls: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["rekognition", "DeleteFaces"],
    ["rekognition", "ListFaces"],
    ["s3", "ListObjectVersions"],
    ["s3", "DeleteObjects"],
    ["s3", "DeleteObject"],
  ],
  memorySize: 256,
  // Undo may have to list a whole collection.
  timeout: 60,
});
