/**
 * Every call that a step's function makes on some way through it, by the services' own operation names: what the cost
 * of a photo is reckoned from, and where the chaos runs put their faults. A test holds it to what the functions are
 * seen to call.
 */
export const callsOfSteps: Readonly<Record<string, readonly (readonly [service: string, operation: string])[]>> = {
  ReceivePhoto: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
  ],
  CheckFormat: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
  ],
  DetectFace: [
    ["dynamodb", "UpdateItem"],
    ["rekognition", "DetectFaces"],
  ],
  CheckDuplicate: [
    ["dynamodb", "UpdateItem"],
    ["rekognition", "SearchFacesByImage"],
    ["dynamodb", "GetItem"],
  ],
  CreateThumbnail: [
    ["dynamodb", "UpdateItem"],
    ["s3", "GetObject"],
    ["s3", "PutObject"],
  ],
  IndexFace: [
    ["dynamodb", "UpdateItem"],
    ["rekognition", "IndexFaces"],
    ["rekognition", "SearchFaces"],
    ["dynamodb", "GetItem"],
  ],
  SaveMetadata: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["dynamodb", "PutItem"],
  ],
  DeleteOriginal: [
    ["dynamodb", "UpdateItem"],
    ["s3", "DeleteObject"],
    ["dynamodb", "GetItem"],
    ["rekognition", "DeleteFaces"],
    ["s3", "ListObjectVersions"],
    ["s3", "DeleteObjects"],
  ],
  NotifySuccess: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["sns", "Publish"],
  ],
  Undo: [
    ["dynamodb", "GetItem"],
    ["dynamodb", "UpdateItem"],
    ["rekognition", "DeleteFaces"],
    ["rekognition", "ListFaces"],
    ["s3", "ListObjectVersions"],
    ["s3", "DeleteObjects"],
    ["s3", "DeleteObject"],
  ],
  NotifyFailure: [
    ["dynamodb", "GetItem"],
    ["sns", "Publish"],
    ["dynamodb", "UpdateItem"],
  ],
};
