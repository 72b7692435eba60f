import { dynamodb, lazyPictures, lazyS3, now, rekognition, sleep } from "../runtime/clients";
import { defineStep } from "../runtime/define";
import { allow, showUploads } from "../runtime/grants";
import { avatarTable, collectionId, duplicateSimilarity, uploadTable } from "../runtime/settings";
import { indexFace } from "./handler";

export const indexFaceStep = defineStep({
  name: "IndexFace",
  handler: indexFace,
  settings: { uploadTable, avatarTable, collectionId, duplicateSimilarity },
  clients: { dynamodb, rekognition, s3: lazyS3, pictures: lazyPictures, now, sleep },
  grants: (on) => [
    allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem"], [on.avatarTable]),
    showUploads(on),
    allow(["rekognition:IndexFaces", "rekognition:SearchFaces"], [on.faceCollection]),
  ],
  refusals: [
    "DUPLICATE_FACE",
    "MULTIPLE_FACES",
    "NO_FACE",
    "FACE_TOO_SMALL",
    "FACE_TOO_DARK",
    "FACE_BLURRED",
    "FACE_TURNED_AWAY",
    "FILE_CORRUPT",
    "FILE_TOO_LARGE",
    "FORMAT_NOT_SUPPORTED",
    "IMAGE_TOO_LARGE",
  ],
  calls: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
    ["rekognition", "IndexFaces"],
    ["rekognition", "SearchFaces"],
    ["dynamodb", "GetItem"],
  ],
  // A photo that is not plain is decoded here: as much memory as CreateThumbnail has for it.
  memorySize: 512,
  timeout: 30,
  usesImaging: true,
});
