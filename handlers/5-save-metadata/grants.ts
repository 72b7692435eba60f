import { allow, markProgress, type Grants } from "../runtime/grants";

export const saveMetadataGrants: Grants = (on) => [
  markProgress(on),
  allow(["dynamodb:GetItem", "dynamodb:PutItem"], [on.avatarTable]),
];
