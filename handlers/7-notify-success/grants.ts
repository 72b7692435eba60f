import { allow, type Grants } from "../runtime/grants";

export const notifySuccessGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["dynamodb:GetItem"], [on.avatarTable]),
  allow(["sns:Publish"], [on.successTopic]),
];
