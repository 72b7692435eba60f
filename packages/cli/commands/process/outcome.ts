import { readFile } from "node:fs/promises";
import { getAvatar } from "../../../../handlers/stores/avatars";
import { messageOf, type Locale, type ReasonCode } from "../../../../handlers/contract/reasons";
import { messageOfError } from "../../system-errors";
import type { Destination } from "../../upload/clients";
import type { PhotoFile } from "../../upload/photos";
import { sendFile } from "../../upload/send";
import { sendByApi } from "../../upload/send-by-api";
import { fetchThumbnails } from "../../upload/thumbnails";
import { awaitEnd } from "../../upload/wait";

/** The outcome of one photo: the line of `--json`, with its keys in this order. */
export interface Outcome {
  readonly file: string;
  readonly studentId: string;
  /** Null if it failed before it had one. */
  readonly uploadId: string | null;
  readonly outcome: "accepted" | "rejected" | "failed";
  /** The step that ended it. */
  readonly step: string | null;
  readonly reason: ReasonCode | null;
  /** The fault and its fix; null if accepted. */
  readonly message: string | null;
  /** Files on this disk, by size in pixels. */
  readonly thumbnails: Readonly<Record<string, string>>;
  readonly faceId: string | null;
  /** ISO 8601, UTC. */
  readonly processedAt: string | null;
  /** From the upload's start to its end. */
  readonly milliseconds: number;
}

export interface ProcessPhotoOptions {
  readonly destination: Destination;
  /** The folder for thumbnails. */
  readonly data: string;
  readonly email: string | undefined;
  readonly locale: Locale;
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends a photo, waits for its end, and fetches its thumbnails. Any error on the way makes the photo's outcome `failed`,
 * with the cause in its message.
 *
 * @returns undefined if the signal was aborted in the meantime
 */
export async function processPhoto(photo: PhotoFile, options: ProcessPhotoOptions): Promise<Outcome | undefined> {
  const { destination, data, locale, signal } = options;
  const { file, studentId } = photo;
  const started = performance.now();
  let uploadId: string | null = null;
  const outcome = (rest: Omit<Outcome, "file" | "studentId" | "uploadId" | "milliseconds">): Outcome => {
    const milliseconds = Math.round(performance.now() - started);
    return { file, studentId, uploadId, ...rest, milliseconds };
  };
  const nothing = { thumbnails: {}, faceId: null, processedAt: null };
  try {
    uploadId = await send(photo, options);
    const { status, step = null, reason = "INTERNAL" } = await awaitEnd(uploadId, destination, options);
    if (status !== "accepted") {
      const ended = status === "rejected" ? "rejected" : "failed";
      return outcome({ outcome: ended, step, reason, message: messageOf(reason, locale), ...nothing });
    }
    const avatar = await getAvatar(destination.dynamodb, destination.avatarTable, studentId);
    const accepted = { outcome: "accepted", step, reason: null, message: null } as const;
    // A newer photo may already have replaced it.
    if (avatar?.uploadId !== uploadId) return outcome({ ...accepted, ...nothing });
    const { faceId, processedAt } = avatar;
    const thumbnails = await fetchThumbnails(avatar, data, destination);
    return outcome({ ...accepted, thumbnails, faceId, processedAt });
  } catch (error) {
    if (signal.aborted) return undefined;
    const message = (await destination.target.explain()) ?? messageOfError(error);
    return outcome({ outcome: "failed", step: null, reason: "INTERNAL", message, ...nothing });
  }
}

/** @returns the uploadId */
async function send(photo: PhotoFile, { destination, email, locale }: ProcessPhotoOptions): Promise<string> {
  const { studentId, path } = photo;
  const outgoing = { studentId, path, body: await readFile(path) };
  const { apiUrl } = destination.target;
  const issued =
    email === undefined || apiUrl === undefined ? undefined : await sendByApi(outgoing, { apiUrl, email, locale });
  return issued ?? sendFile(outgoing, destination);
}
