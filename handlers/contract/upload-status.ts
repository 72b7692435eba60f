/** The status of an upload; the last three end it. */
export type UploadStatus = "awaiting-upload" | "processing" | EndedStatus;

/** Accepted is the student's avatar, rejected is a judgement on the photo, failed is a fault of ours. */
export type EndedStatus = "accepted" | "rejected" | "failed";

export function hasEnded(status: UploadStatus): status is EndedStatus {
  return status === "accepted" || status === "rejected" || status === "failed";
}
