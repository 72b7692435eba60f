import { receivePhotoScenarios } from "./receive-photo";
import { checkFormatScenarios } from "./check-format";
import { detectFaceScenarios } from "./detect-face";
import { checkDuplicateScenarios } from "./check-duplicate";
import { createThumbnailScenarios } from "./create-thumbnail";
import { indexFaceScenarios } from "./index-face";
import { saveMetadataScenarios } from "./save-metadata";
import { deleteOriginalScenarios } from "./delete-original";
import { notifySuccessScenarios } from "./notify-success";
import { undoScenarios } from "./undo";
import { notifyFailureScenarios } from "./notify-failure";
import type { StepScenario } from "./shared";

/** By step: at least one call that succeeds, each reason that the step declares, and the common faults. */
export const scenarios: Readonly<Record<string, readonly StepScenario[]>> = {
  ReceivePhoto: receivePhotoScenarios,
  CheckFormat: checkFormatScenarios,
  DetectFace: detectFaceScenarios,
  CheckDuplicate: checkDuplicateScenarios,
  CreateThumbnail: createThumbnailScenarios,
  IndexFace: indexFaceScenarios,
  SaveMetadata: saveMetadataScenarios,
  DeleteOriginal: deleteOriginalScenarios,
  NotifySuccess: notifySuccessScenarios,
  Undo: undoScenarios,
  NotifyFailure: notifyFailureScenarios,
};
