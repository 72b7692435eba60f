import type { UploadState } from "../handlers/api/contract";
import { issueUpload, OfflineError, postPhoto, readStatus, RefusedError, type Refused } from "./api";
import { saveJob, type Job } from "./store";

/** What can be said of an upload at a moment. */
export type Progress =
  /** `share` 0 to 1; `offline` while there is no line: it goes on by itself. */
  | { readonly phase: "sending"; readonly share: number; readonly offline: boolean }
  | { readonly phase: "processing"; readonly state: UploadState | undefined; readonly offline: boolean }
  /** Accepted, rejected or failed. */
  | { readonly phase: "ended"; readonly state: UploadState }
  /** The API will not have it; trying the same again would not help. */
  | { readonly phase: "refused"; readonly refused: Refused };

export interface UploadContext {
  readonly apiUrl: string;
  readonly locale: string;
  readonly token: string | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** Ends it without a word. */
  readonly signal: AbortSignal;
}

/** Brings a job to its end, from wherever it stopped, over any number of broken lines. */
export async function runUpload(job: Job, context: UploadContext): Promise<void> {
  let failures = 0;
  while (!context.signal.aborted) {
    try {
      await send(job, context, failures > 0);
      failures = 0;
      await follow(job, context);
      return;
    } catch (error) {
      if (context.signal.aborted) return;
      if (!isPassing(error)) {
        const refused = error instanceof RefusedError ? error.refused : { status: 0, title: "", detail: "" };
        context.onProgress({ phase: "refused", refused });
        return;
      }
      failures += 1;
      context.onProgress(
        job.photo === undefined
          ? { phase: "processing", state: undefined, offline: true }
          : { phase: "sending", share: 0, offline: true },
      );
      await line(Math.min(30_000, 1000 * 2 ** failures), context.signal);
    }
  }
}

/** A busy or broken server and a broken line pass; any other refusal stays. */
function isPassing(error: unknown): boolean {
  if (error instanceof OfflineError) return true;
  return error instanceof RefusedError && (error.refused.status === 429 || error.refused.status >= 500);
}

/** Gets the photo into the bucket. */
async function send(job: Job, context: UploadContext, isAgain: boolean): Promise<void> {
  const { apiUrl, locale, token, onProgress, signal } = context;
  const { photo } = job;
  if (photo === undefined) return;
  onProgress({ phase: "sending", share: 0, offline: false });
  // The answer to an earlier post may have been lost on the way: then the photo is there already.
  const isThere = isAgain && job.issued !== undefined && (await hasArrived(job.issued.uploadId, context));
  if (!isThere) {
    const isExpired = job.issued !== undefined && Date.parse(job.issued.expiresAt) < Date.now() + 10_000;
    if (job.issued === undefined || isExpired) {
      const { studentId, email, fileName } = job;
      const order = { studentId, email, fileName, contentType: "image/jpeg", bytes: photo.size, locale };
      job.issued = await issueUpload(apiUrl, order, token);
      await saveJob(apiUrl, job);
    }
    await postPhoto(job.issued, photo, (share) => onProgress({ phase: "sending", share, offline: false }), signal);
  }
  delete job.photo;
  await saveJob(apiUrl, job);
}

async function hasArrived(uploadId: string, { apiUrl, locale, token }: UploadContext): Promise<boolean> {
  return (await readStatus(apiUrl, uploadId, locale, token)).status !== "awaiting-upload";
}

/** Asks for the outcome until there is one: often at first, for it usually takes seconds; every five later on. */
async function follow(job: Job, context: UploadContext): Promise<void> {
  const { apiUrl, locale, token, onProgress, signal } = context;
  for (let pause = 400; !signal.aborted; pause = Math.min(pause * 1.2, 5000)) {
    const state = await readStatus(apiUrl, job.issued?.uploadId ?? "", locale, token);
    if (signal.aborted) return;
    if (state.status === "accepted" || state.status === "rejected" || state.status === "failed") {
      onProgress({ phase: "ended", state });
      return;
    }
    onProgress({ phase: "processing", state, offline: false });
    await line(pause, signal, false);
  }
}

/** Waits some time; no longer than until the line is back, when it was gone. */
function line(milliseconds: number, signal: AbortSignal, isBroken = true): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (isBroken) addEventListener("online", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
