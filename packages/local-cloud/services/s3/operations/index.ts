import { getBucketLocation, getBucketVersioning, headBucket, listBuckets } from "./buckets";
import { completeMultipartUpload } from "./complete-multipart-upload";
import { copyObject } from "./copy-object";
import { createMultipartUpload } from "./create-multipart-upload";
import { deleteObject, deleteObjects } from "./delete-objects";
import { getObjectAttributes } from "./get-object-attributes";
import { getObject, headObject } from "./get-object";
import { listObjectVersions } from "./list-object-versions";
import { listObjects, listObjectsV2 } from "./list-objects";
import { abortMultipartUpload, listMultipartUploads, listParts } from "./multipart-uploads";
import type { Operation, ServiceOperation } from "./operation";
import { postObject } from "./post-object";
import { putObject } from "./put-object";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./tagging";
import { uploadPart, uploadPartCopy } from "./upload-part";

/** The served operations. Everything else is refused by name. */
const allOperations: readonly (Operation | ServiceOperation)[] = [
  abortMultipartUpload,
  completeMultipartUpload,
  copyObject,
  createMultipartUpload,
  deleteObject,
  deleteObjects,
  deleteObjectTagging,
  getBucketLocation,
  getBucketVersioning,
  getObject,
  getObjectAttributes,
  getObjectTagging,
  headBucket,
  headObject,
  listBuckets,
  listMultipartUploads,
  listObjects,
  listObjectsV2,
  listObjectVersions,
  listParts,
  postObject,
  putObject,
  putObjectTagging,
  uploadPart,
  uploadPartCopy,
];

/** By their names in the API reference. */
export const operations: ReadonlyMap<string, Operation | ServiceOperation> = new Map(
  allOperations.map((operation) => [operation.name, operation]),
);
