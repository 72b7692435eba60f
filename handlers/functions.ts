import { receivePhotoStep } from "./0-receive-photo/definition";
import { checkFormatStep } from "./1-check-format/definition";
import { detectFaceStep } from "./2-detect-face/definition";
import { checkDuplicateStep } from "./3-check-duplicate/definition";
import { createThumbnailStep } from "./4a-create-thumbnail/definition";
import { indexFaceStep } from "./4b-index-face/definition";
import { saveMetadataStep } from "./5-save-metadata/definition";
import { deleteOriginalStep } from "./6-delete-original/definition";
import { notifySuccessStep } from "./7-notify-success/definition";
import { issueUploadFunction } from "./api/issue-upload/definition";
import { readStatusFunction } from "./api/read-status/definition";
import { eraseStudentFunction } from "./erase-student/definition";
import { mailStudentFunction } from "./mail-student/definition";
import { notifyFailureStep } from "./notify-failure/definition";
import { reconcileFunction } from "./reconcile/definition";
import type { FunctionDefinition, Step } from "./runtime/define";
import { startMissedFunction } from "./start-missed/definition";
import { undoStep } from "./undo/definition";

/** Every step, in the photo's order, then the two that run after an error. */
export const steps: readonly Step[] = [
  receivePhotoStep,
  checkFormatStep,
  detectFaceStep,
  checkDuplicateStep,
  createThumbnailStep,
  indexFaceStep,
  saveMetadataStep,
  deleteOriginalStep,
  notifySuccessStep,
  undoStep,
  notifyFailureStep,
];

/** Longer than any step's function can run, in seconds: an erasure waits so long for running uploads. */
export const settleSeconds = Math.max(...steps.map(({ timeout }) => timeout)) + 5;

/**
 * Every function of a pipeline: the steps, and the functions that a schedule, an operator, the page or a notice calls.
 */
export const functions: readonly FunctionDefinition<never>[] = [
  ...steps,
  reconcileFunction,
  startMissedFunction,
  eraseStudentFunction,
  issueUploadFunction,
  readStatusFunction,
  mailStudentFunction,
];
