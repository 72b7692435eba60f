import type { UploadLimits } from "../1-check-format/handler";
import { dynamodb, now, s3 } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, markProgress, readUploads } from "../runtime/grants";
import { json, uploadTable } from "../runtime/settings";
import { createThumbnail, type Imaging } from "./handler";

export const createThumbnailStep = defineStep({
  name: "CreateThumbnail",
  handler: createThumbnail,
  settings: {
    uploadTable,
    thumbnail: json("THUMBNAIL_RULES"),
    maxPixels: { from: "UPLOAD_LIMITS", read: (limits) => (JSON.parse(limits) as UploadLimits).maxPixels },
  },
  clients: { dynamodb, s3, imaging: () => require("avatar-imaging") as Imaging, now },
  grants: (on) => [markProgress(on), readUploads(on), allow(["s3:PutObject"], [`${on.photoBucket}/avatars/*`])],
  // Only a decoder finds these.
  refusals: ["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
    ["s3", "PutObject"],
  ],
  // The function holds at most 208 MB, for a progressive photo of 48 megapixels; 512 MB give it enough CPU to finish
  // before IndexFace, which runs in parallel. `npm run bench:memory`, docs/performance.md.
  memorySize: 512,
  timeout: 60,
  usesImaging: true,
});
