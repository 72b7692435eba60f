import { allow, type Grants } from "../runtime/grants";

export const receivePhotoGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["dynamodb:GetItem"], [on.avatarTable]),
];
