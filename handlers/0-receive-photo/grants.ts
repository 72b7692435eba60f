import { allow, type Grants } from "../lib/grants";

export const receivePhotoGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["dynamodb:GetItem"], [on.avatarTable]),
];
