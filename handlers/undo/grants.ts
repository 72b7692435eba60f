import { allow, deleteThumbnailVersions, deleteUploads, type Grants } from "../runtime/grants";

export const undoGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable, on.avatarTable]),
  deleteUploads(on),
  ...deleteThumbnailVersions(on),
  allow(["rekognition:DeleteFaces", "rekognition:ListFaces"], [on.faceCollection]),
];
