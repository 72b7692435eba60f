import { allow, deleteThumbnailVersions, deleteUploads, markProgress, type Grants } from "../runtime/grants";

export const deleteOriginalGrants: Grants = (on) => [
  markProgress(on),
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.avatarTable]),
  deleteUploads(on),
  ...deleteThumbnailVersions(on),
  allow(["rekognition:DeleteFaces"], [on.faceCollection]),
];
