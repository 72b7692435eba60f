import { allow, markProgress, showUploads, type Grants } from "../runtime/grants";

export const detectFaceGrants: Grants = (on) => [
  markProgress(on),
  showUploads(on),
  // DetectFaces works on no resource: IAM knows no narrower one for it.
  allow(["rekognition:DetectFaces"], ["*"]),
];
