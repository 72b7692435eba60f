import type { IssuedUpload, UploadRequest, UploadState } from "../../handlers/contract/api";
import { hasEnded } from "../../handlers/contract/upload-status";
import { issueUpload, OfflineError, postPhoto, readStatus, RefusedError, type Refused } from "./api";
import type { Clock } from "./settings";
import { inTurn, loadJob, saveJob, type Job } from "./store";

/** What keeps an upload from going on for a while; it goes on by itself. */
export type Trouble = "offline" | "busy" | undefined;

/** What can be said of an upload at a moment. */
export type Progress =
  /** `share` 0 to 1. */
  | { readonly phase: "sending"; readonly share: number; readonly trouble: Trouble }
  | { readonly phase: "processing"; readonly state: UploadState | undefined; readonly trouble: Trouble }
  /** Accepted, rejected or failed. */
  | { readonly phase: "ended"; readonly state: UploadState }
  /** It cannot be sent or asked for; `refused` is undefined for a fault of the page's own. */
  | { readonly phase: "refused"; readonly refused: Refused | undefined }
  /** Another tab has brought it to its end. */
  | { readonly phase: "gone" };

export interface UploadContext {
  readonly apiUrl: string;
  readonly locale: string;
  readonly token: string | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** The server's clock: by a phone's that is wrong, a form that has expired seems good, and the other way round. */
  readonly now: Clock;
  /** Whether the job was found when the page was opened: then another tab may have it in hand. */
  readonly isResumed: boolean;
  /** Ends it without a word. */
  readonly signal: AbortSignal;
}

/** Brings a job to its end, from wherever it stopped, over any number of broken lines. */
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

/** A busy or broken server, a broken line and a form that came too late pass; any other refusal stays. */
function troubleOf(error: unknown, { photo, issued }: Job, now: Clock): Trouble {
  if (error instanceof OfflineError) return "offline";
  if (!(error instanceof RefusedError)) return undefined;
  const { status } = error.refused;
  const isLate = status === 403 && photo !== undefined && issued !== undefined && isExpired(issued, now);
  return status === 429 || status >= 500 || isLate ? "busy" : undefined;
}

/** What is left of a form's time for the post to begin in; the server's clock is known to a few seconds only. */
const marginMilliseconds = 10_000;

function isExpired({ expiresAt }: IssuedUpload, now: Clock): boolean {
  return Date.parse(expiresAt) < now() + marginMilliseconds;
}

/**
 * Gets the photo into the bucket.
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
  // The answer to an earlier post may have been lost on the way: then the photo is there already.
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

/** Keeps how far a job has come; not of one that was given up, for that would bring it back. */
async function keep(job: Job, { apiUrl, signal }: UploadContext): Promise<void> {
  leaveIfGivenUp(signal);
  await saveJob(apiUrl, job);
  leaveIfGivenUp(signal);
}

/** Asked anew after each wait: the compiler takes an answer from before it for good. */
const isGivenUp = (signal: AbortSignal): boolean => signal.aborted;

/** @throws when the upload was given up while something else was waited for */
function leaveIfGivenUp(signal: AbortSignal): void {
  if (signal.aborted) throw new OfflineError("given up");
}

/**
 * Takes over what another tab has done for the job meanwhile.
 *
 * @returns false when nothing is left to do or to ask for: it was brought to its end there, or given up
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

/** Asks for the outcome until there is one: often at first, for it usually takes seconds; every five later on. */
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
