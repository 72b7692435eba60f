import { allow, showUploads, type Grants } from "../runtime/grants";

export const indexFaceGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["dynamodb:GetItem"], [on.avatarTable]),
  showUploads(on),
  allow(["rekognition:IndexFaces", "rekognition:SearchFaces"], [on.faceCollection]),
];
