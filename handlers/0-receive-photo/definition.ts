import { dynamodb, now } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow } from "../runtime/grants";
import { avatarTable, rowDays, uploadTable } from "../runtime/settings";
import { receivePhoto } from "./handler";

export const receivePhotoStep = defineStep({
  name: "ReceivePhoto",
  handler: receivePhoto,
  settings: { uploadTable, avatarTable, rowDays },
  clients: { dynamodb, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
  ],
  // ReceivePhoto judges no photo: every error of this step is a fault of ours.
  refusals: [],
  calls: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
  ],
  memorySize: 256,
  timeout: 30,
});
