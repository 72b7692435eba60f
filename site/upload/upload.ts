import type { IssuedUpload, UploadRequest, UploadState } from "../../handlers/contract/api";
import { hasEnded } from "../../handlers/contract/upload-status";
import { issueUpload, OfflineError, postPhoto, readStatus, RefusedError, type Refused } from "./api";
import type { Clock } from "./settings";
import { inTurn, loadJob, saveJob, type Job } from "./store";

/** A temporary obstacle to an upload, which resumes by itself. */
export type Trouble = "offline" | "busy" | undefined;

/** The state of an upload at a moment. */
export type Progress =
  /** `share` 0 to 1. */
  | { readonly phase: "sending"; readonly share: number; readonly trouble: Trouble }
  | { readonly phase: "processing"; readonly state: UploadState | undefined; readonly trouble: Trouble }
  /** Accepted, rejected or failed. */
  | { readonly phase: "ended"; readonly state: UploadState }
  /** The upload cannot be sent or its status not requested; `refused` is undefined for a fault of the page itself. */
  | { readonly phase: "refused"; readonly refused: Refused | undefined }
  /** Another tab has finished it. */
  | { readonly phase: "gone" };

export interface UploadContext {
  readonly apiUrl: string;
  readonly locale: string;
  readonly token: string | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** The server's clock: by a phone's wrong clock, an expired form would seem valid, and vice versa. */
  readonly now: Clock;
  /** Whether the job was found when the page was opened: then another tab may be working on it. */
  readonly isResumed: boolean;
  /** Ends the upload silently. */
  readonly signal: AbortSignal;
}

/** Finishes a job from the point where it stopped, across any number of broken connections. */
export async function runUpload(job: Job, context: UploadContext): Promise<void> {
  let failures = 0;
  while (!context.signal.aborted) {
    try {
      // Two tabs that both found the job would both send the photo.
      const isHere = await inTurn(job.id, context.signal, () => send(job, context, failures > 0));
      if (!isHere) {
        context.onProgress({ phase: "gone" });
        return;
      }
      failures = 0;
      await follow(job, context);
      return;
    } catch (error) {
      if (isGivenUp(context.signal)) return;
      const trouble = troubleOf(error, job, context.now);
      if (trouble === undefined) {
        context.onProgress({ phase: "refused", refused: error instanceof RefusedError ? error.refused : undefined });
        return;
      }
      failures += 1;
      context.onProgress(
        job.photo === undefined
          ? { phase: "processing", state: undefined, trouble }
          : { phase: "sending", share: 0, trouble },
      );
      await line(Math.min(30_000, 1000 * 2 ** failures), context.signal);
    }
  }
}

/**
 * A busy or broken server, a broken connection and an expired form are temporary; any other refusal is final. So is a
 * limit of the day: the API names it, and API Gateway's own 429 has no name.
 */
function troubleOf(error: unknown, { photo, issued }: Job, now: Clock): Trouble {
  if (error instanceof OfflineError) return "offline";
  if (!(error instanceof RefusedError)) return undefined;
  const { status, problem } = error.refused;
  const isLate = status === 403 && photo !== undefined && issued !== undefined && isExpired(issued, now);
  return (status === 429 && problem === undefined) || status >= 500 || isLate ? "busy" : undefined;
}

/** The remaining time in which a form's post may begin; the server's clock is known only to within a few seconds. */
const marginMilliseconds = 10_000;

function isExpired({ expiresAt }: IssuedUpload, now: Clock): boolean {
  return Date.parse(expiresAt) < now() + marginMilliseconds;
}

/**
 * Uploads the photo to the bucket.
 *
 * @returns false when another tab has done that and also learned the outcome
 */
async function send(job: Job, context: UploadContext, isAgain: boolean): Promise<boolean> {
  const { apiUrl, locale, token, onProgress, signal } = context;
  if (context.isResumed && !(await catchUp(job, context))) return false;
  leaveIfGivenUp(signal);
  const { photo } = job;
  if (photo === undefined) return true;
  const sending = (share: number) => onProgress({ phase: "sending", share, trouble: undefined });
  sending(0);
  // The answer to an earlier post may have been lost: then the photo is already stored.
  const isDoubtful = (isAgain || context.isResumed) && job.issued !== undefined;
  const isThere = isDoubtful && (await hasArrived(job.issued?.uploadId ?? "", context));
  if (!isThere) {
    if (job.issued === undefined || isExpired(job.issued, context.now)) {
      const { studentId, email, fileName } = job;
      const order: UploadRequest = { studentId, email, fileName, contentType: "image/jpeg", bytes: photo.size, locale };
      job.issued = await issueUpload(apiUrl, order, token, signal);
      await keep(job, context);
    }
    await postPhoto(job.issued, photo, sending, signal);
  }
  delete job.photo;
  await keep(job, context);
  return true;
}

/** Stores a job's progress; not for a cancelled job, since that would restore it. */
async function keep(job: Job, { apiUrl, signal }: UploadContext): Promise<void> {
  leaveIfGivenUp(signal);
  await saveJob(apiUrl, job);
  leaveIfGivenUp(signal);
}

/** Read again after each wait: the compiler assumes that an earlier answer still holds. */
const isGivenUp = (signal: AbortSignal): boolean => signal.aborted;

/** @throws if the upload was cancelled during a wait */
function leaveIfGivenUp(signal: AbortSignal): void {
  if (signal.aborted) throw new OfflineError("given up");
}

/**
 * Takes over another tab's progress on the job.
 *
 * @returns false if nothing is left to do or to request: the other tab finished or cancelled the job
 */
async function catchUp(job: Job, context: UploadContext): Promise<boolean> {
  const kept = await loadJob(context.apiUrl, job.id);
  if (kept?.issued !== undefined) job.issued = kept.issued;
  if (kept?.photo === undefined) delete job.photo;
  if (kept !== undefined) return true;
  return job.issued !== undefined && (await hasArrived(job.issued.uploadId, context));
}

async function hasArrived(uploadId: string, { apiUrl, locale, token, signal }: UploadContext): Promise<boolean> {
  return (await readStatus(apiUrl, uploadId, locale, token, signal)).status !== "awaiting-upload";
}

/**
 * Requests the outcome until there is one: often at first, since it usually takes seconds; later every five seconds.
 */
async function follow(job: Job, context: UploadContext): Promise<void> {
  const { apiUrl, locale, token, onProgress, signal } = context;
  for (let pause = 400; !signal.aborted; pause = Math.min(pause * 1.2, 5000)) {
    const state = await readStatus(apiUrl, job.issued?.uploadId ?? "", locale, token, signal);
    if (isGivenUp(signal)) return;
    if (hasEnded(state.status)) {
      onProgress({ phase: "ended", state });
      return;
    }
    onProgress({ phase: "processing", state, trouble: undefined });
    await line(pause, signal, false);
  }
}

/** Waits some time; if the connection was lost, no longer than until it is back. */
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
