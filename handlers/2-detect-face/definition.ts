import { dynamodb, lazyPictures, lazyS3, now, rekognition } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, markProgress, showUploads } from "../runtime/grants";
import { json, uploadTable } from "../runtime/settings";
import { detectFace } from "./handler";

export const detectFaceStep = defineStep({
  name: "DetectFace",
  handler: detectFace,
  settings: { uploadTable, rules: json("FACE_RULES") },
  clients: { dynamodb, rekognition, s3: lazyS3, pictures: lazyPictures, now },
  grants: (on) => [
    markProgress(on),
    showUploads(on),
    // IAM defines no resource type for DetectFaces, so `*` is the narrowest.
    allow(["rekognition:DetectFaces"], ["*"]),
  ],
  refusals: [
    "NO_FACE",
    "MULTIPLE_FACES",
    "FACE_TOO_SMALL",
    "FACE_TOO_DARK",
    "FACE_BLURRED",
    "FACE_TURNED_AWAY",
    "SUNGLASSES",
    "FACE_COVERED",
    // Rekognition, and our decoder, may refuse a file that passed CheckFormat.
    "FILE_CORRUPT",
    "FILE_TOO_LARGE",
    "FORMAT_NOT_SUPPORTED",
    "IMAGE_TOO_LARGE",
  ],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
    ["rekognition", "DetectFaces"],
  ],
  // A photo that is not plain is decoded here: as much memory as CreateThumbnail has for it.
  memorySize: 512,
  timeout: 30,
  usesImaging: true,
});
