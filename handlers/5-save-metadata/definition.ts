import { dynamodb, now } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, markProgress } from "../runtime/grants";
import { avatarTable, uploadTable } from "../runtime/settings";
import { saveMetadata } from "./handler";

export const saveMetadataStep = defineStep({
  name: "SaveMetadata",
  handler: saveMetadata,
  settings: { uploadTable, avatarTable },
  clients: { dynamodb, now },
  grants: (on) => [markProgress(on), allow(["dynamodb:GetItem", "dynamodb:PutItem"], [on.avatarTable])],
  refusals: ["SUPERSEDED"],
  calls: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["dynamodb", "PutItem"],
  ],
  memorySize: 256,
  timeout: 30,
});
