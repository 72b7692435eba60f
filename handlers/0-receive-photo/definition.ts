import { dynamodb, now, s3 } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, deleteUploads } from "../runtime/grants";
import { avatarTable, rowDays, uploadTable } from "../runtime/settings";
import { receivePhoto } from "./handler";

export const receivePhotoStep = defineStep({
  name: "ReceivePhoto",
  handler: receivePhoto,
  settings: { uploadTable, avatarTable, rowDays },
  clients: { dynamodb, s3, now },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
    deleteUploads(on),
  ],
  // ReceivePhoto judges no photo: every error of this step is a fault of ours.
  refusals: [],
  calls: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["s3", "DeleteObject"],
  ],
  memorySize: 256,
  timeout: 30,
});
