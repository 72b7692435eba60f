import { dynamodb, now, sns } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow } from "../runtime/grants";
import { avatarTable, text, uploadTable } from "../runtime/settings";
import { notifySuccess } from "./handler";

export const notifySuccessStep = defineStep({
  name: "NotifySuccess",
  handler: notifySuccess,
  settings: { uploadTable, avatarTable, topicArn: text("SUCCESS_TOPIC_ARN") },
  clients: { dynamodb, sns, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
    allow(["sns:Publish"], [on.successTopic]),
  ],
  refusals: [],
  calls: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["sns", "Publish"],
  ],
  memorySize: 256,
  timeout: 30,
});
