import { dynamodb, now } from "../../runtime/clients";
import { defineFunction } from "../../runtime/define";
import { allow, type PipelineArns } from "../../runtime/grants";
import { avatarTable, defaultLocale, json, photoBucket, uploadTable } from "../../runtime/settings";
import { access } from "../invitation";
import { signerFrom } from "../presign";
import { readStatus } from "./handler";

export const readStatusFunction = defineFunction({
  name: "ReadStatus",
  handler: readStatus,
  settings: { uploadTable, avatarTable, photoBucket, phases: json("STEP_PHASES"), defaultLocale, access },
  clients: { dynamodb, signer: () => () => signerFrom(process.env), now },
  grants: (on: PipelineArns) => [
    allow(["dynamodb:GetItem"], [on.uploadTable, on.avatarTable]),
    // Not called by the function: the links that it signs read the thumbnails with the function's rights.
    allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
  ],
  memorySize: 256,
  // The function responds in milliseconds; a browser that waits longer should retry the request.
  timeout: 10,
});
