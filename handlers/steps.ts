import { receivePhotoErrors } from "./0-receive-photo/errors";
import { receivePhotoGrants } from "./0-receive-photo/grants";
import { receivePhotoFactory } from "./0-receive-photo/handler";
import { checkFormatErrors } from "./1-check-format/errors";
import { checkFormatGrants } from "./1-check-format/grants";
import { checkFormatFactory } from "./1-check-format/handler";
import { detectFaceErrors } from "./2-detect-face/errors";
import { detectFaceGrants } from "./2-detect-face/grants";
import { detectFaceFactory } from "./2-detect-face/handler";
import { checkDuplicateErrors } from "./3-check-duplicate/errors";
import { checkDuplicateGrants } from "./3-check-duplicate/grants";
import { checkDuplicateFactory } from "./3-check-duplicate/handler";
import { createThumbnailErrors } from "./4a-create-thumbnail/errors";
import { createThumbnailGrants } from "./4a-create-thumbnail/grants";
import { createThumbnailFactory } from "./4a-create-thumbnail/handler";
import { indexFaceErrors } from "./4b-index-face/errors";
import { indexFaceGrants } from "./4b-index-face/grants";
import { indexFaceFactory } from "./4b-index-face/handler";
import { saveMetadataErrors } from "./5-save-metadata/errors";
import { saveMetadataGrants } from "./5-save-metadata/grants";
import { saveMetadataFactory } from "./5-save-metadata/handler";
import { deleteOriginalErrors } from "./6-delete-original/errors";
import { deleteOriginalGrants } from "./6-delete-original/grants";
import { deleteOriginalFactory } from "./6-delete-original/handler";
import { notifySuccessErrors } from "./7-notify-success/errors";
import { notifySuccessGrants } from "./7-notify-success/grants";
import { notifySuccessFactory } from "./7-notify-success/handler";
import type { Grants } from "./runtime/grants";
import type { ReasonCode } from "./contract/reasons";
import type { Handler } from "./runtime/step";
import { notifyFailureErrors } from "./notify-failure/errors";
import { notifyFailureGrants } from "./notify-failure/grants";
import { notifyFailureFactory } from "./notify-failure/handler";
import { undoErrors } from "./undo/errors";
import { undoGrants } from "./undo/grants";
import { undoFactory } from "./undo/handler";

/** The settings that a function can be given, by the name of their environment variable. */
export type SettingName =
  | "UPLOAD_TABLE"
  | "AVATAR_TABLE"
  | "COLLECTION_ID"
  | "SUCCESS_TOPIC_ARN"
  | "FAILURE_TOPIC_ARN"
  | "UPLOAD_LIMITS"
  | "UPLOAD_ROW_DAYS"
  | "FACE_RULES"
  | "DUPLICATE_SIMILARITY"
  | "THUMBNAIL_RULES";

/** One step of the flow, as it is deployed. */
export interface Step {
  /** The state's name in flow.asl.json, and the `${name}` that stands for its function there. */
  readonly name: string;
  /** Serialized into the function: makes the handler, once per process. */
  readonly factory: () => Handler<never, unknown>;
  readonly grants: Grants;
  /** The reasons that the step can refuse a photo for: exactly those that its state catches by name. */
  readonly errors: readonly ReasonCode[];
  readonly settings: readonly SettingName[];
  /** MB. Lambda gives processor time in proportion; see docs/performance.md. */
  readonly memorySize: number;
  /** Seconds; shorter than the state's TimeoutSeconds, so that no function outlives its state. */
  readonly timeout: number;
  /** Whether the step needs the layer `avatar-imaging`. */
  readonly usesImaging?: boolean;
}

/** Every step, in the photo's order; then what follows an error. */
export const steps: readonly Step[] = [
  {
    name: "ReceivePhoto",
    factory: receivePhotoFactory,
    grants: receivePhotoGrants,
    errors: receivePhotoErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "UPLOAD_ROW_DAYS"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "CheckFormat",
    factory: checkFormatFactory,
    grants: checkFormatGrants,
    errors: checkFormatErrors,
    settings: ["UPLOAD_TABLE", "UPLOAD_LIMITS"],
    // It reads the whole file: 136 MB held at most, and at 256 half a second of processor time for the largest.
    memorySize: 512,
    timeout: 30,
  },
  {
    name: "DetectFace",
    factory: detectFaceFactory,
    grants: detectFaceGrants,
    errors: detectFaceErrors,
    settings: ["UPLOAD_TABLE", "FACE_RULES"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "CheckDuplicate",
    factory: checkDuplicateFactory,
    grants: checkDuplicateGrants,
    errors: checkDuplicateErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "COLLECTION_ID", "DUPLICATE_SIMILARITY"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "CreateThumbnail",
    factory: createThumbnailFactory,
    grants: createThumbnailGrants,
    errors: createThumbnailErrors,
    settings: ["UPLOAD_TABLE", "THUMBNAIL_RULES", "UPLOAD_LIMITS"],
    // It holds 208 MB at most, a progressive photo of 48 megapixels; at 512 it has processor time enough to be done
    // before IndexFace beside it is. `npm run bench:memory`, docs/performance.md.
    memorySize: 512,
    timeout: 60,
    usesImaging: true,
  },
  {
    name: "IndexFace",
    factory: indexFaceFactory,
    grants: indexFaceGrants,
    errors: indexFaceErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "COLLECTION_ID", "DUPLICATE_SIMILARITY"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "SaveMetadata",
    factory: saveMetadataFactory,
    grants: saveMetadataGrants,
    errors: saveMetadataErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "DeleteOriginal",
    factory: deleteOriginalFactory,
    grants: deleteOriginalGrants,
    errors: deleteOriginalErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "COLLECTION_ID"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "NotifySuccess",
    factory: notifySuccessFactory,
    grants: notifySuccessGrants,
    errors: notifySuccessErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "SUCCESS_TOPIC_ARN"],
    memorySize: 256,
    timeout: 30,
  },
  {
    name: "Undo",
    factory: undoFactory,
    grants: undoGrants,
    errors: undoErrors,
    settings: ["UPLOAD_TABLE", "AVATAR_TABLE", "COLLECTION_ID"],
    memorySize: 256,
    // It may have to list a whole collection.
    timeout: 60,
  },
  {
    name: "NotifyFailure",
    factory: notifyFailureFactory,
    grants: notifyFailureGrants,
    errors: notifyFailureErrors,
    settings: ["UPLOAD_TABLE", "FAILURE_TOPIC_ARN", "UPLOAD_ROW_DAYS"],
    memorySize: 256,
    timeout: 30,
  },
];
