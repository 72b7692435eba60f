import { allow, type Grants } from "../runtime/grants";

export const notifyFailureGrants: Grants = (on) => [
  allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
  allow(["sns:Publish"], [on.failureTopic]),
];
