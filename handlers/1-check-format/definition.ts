import { dynamodb, now, s3 } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { markProgress, readUploads } from "../runtime/grants";
import { json, uploadTable } from "../runtime/settings";
import { checkFormat, type PhotoFiles } from "./handler";

export const checkFormatStep = defineStep({
  name: "CheckFormat",
  handler: checkFormat,
  settings: { uploadTable, limits: json("UPLOAD_LIMITS") },
  clients: { dynamodb, s3, photoFiles: () => require("avatar-imaging/file/check") as PhotoFiles, now },
  grants: (on) => [markProgress(on), readUploads(on)],
  refusals: [
    "FORMAT_NOT_SUPPORTED",
    "FORMAT_MISMATCH",
    "FILE_TOO_LARGE",
    "FILE_CORRUPT",
    "IMAGE_TOO_SMALL",
    "IMAGE_TOO_LARGE",
  ],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
  ],
  // The function reads the whole file: it holds at most 136 MB, and at 256 MB needs half a second of CPU for the
  // largest.
  memorySize: 512,
  timeout: 30,
  usesImaging: true,
});
