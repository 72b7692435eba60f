import { dynamodb, now, sns } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow } from "../runtime/grants";
import { rowDays, text, uploadTable } from "../runtime/settings";
import { notifyFailure } from "./handler";

export const notifyFailureStep = defineStep({
  name: "NotifyFailure",
  handler: notifyFailure,
  settings: { uploadTable, topicArn: text("FAILURE_TOPIC_ARN"), rowDays },
  clients: { dynamodb, sns, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["sns:Publish"], [on.failureTopic]),
  ],
  refusals: [],
  calls: [
    ["dynamodb", "GetItem"],
    ["sns", "Publish"],
    ["dynamodb", "UpdateItem"],
  ],
  memorySize: 256,
  timeout: 30,
});
