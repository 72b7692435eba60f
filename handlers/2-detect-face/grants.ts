import { allow, markProgress, readUploads, type Grants } from "../lib/grants";

export const detectFaceGrants: Grants = (on) => [
  markProgress(on),
  readUploads(on),
  // DetectFaces works on no resource: IAM knows no narrower one for it.
  allow(["rekognition:DetectFaces"], ["*"]),
];
