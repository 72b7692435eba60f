import { setTimeout as sleep } from "node:timers/promises";
import { getUpload, type UploadRow } from "../../../handlers/stores/uploads";
import type { Destination } from "./clients";

export interface WaitOptions {
  readonly signal: AbortSignal;
  /** Receives the step that the photo has reached. */
  readonly onStep: (step: string) => void;
}

/** An execution may retry for hours under throttling; the same command, run again, reads the photo's outcome. */
const waitMinutes = 15;
/** The polls with nothing pending before a photo counts as lost: an event may be on its way from bucket to bus. */
const quietPolls = 25;

/**
 * Waits for an upload's end.
 *
 * @throws Error if nothing works on it, or it has not ended in time; the signal's reason once that is aborted
 */
export async function awaitEnd(
  uploadId: string,
  destination: Destination,
  { signal, onStep }: WaitOptions,
): Promise<UploadRow> {
  const { target } = destination;
  const deadline = Date.now() + waitMinutes * 60_000;
  let step: string | undefined;
  let quiet = 0;
  for (;;) {
    signal.throwIfAborted();
    // Read before the row: in the other order, a photo that ends in between would count as lost.
    const pending = await target.pending();
    const upload = await getUpload(destination.dynamodb, destination.uploadTable, uploadId);
    if (upload && ["accepted", "rejected", "failed"].includes(upload.status)) return upload;
    if (upload?.step !== undefined && upload.step !== step) onStep((step = upload.step));
    quiet = pending === 0 ? quiet + 1 : 0;
    if (quiet >= quietPolls || Date.now() > deadline) {
      const how = upload === undefined ? "it has no record" : `it is ${upload.status}`;
      const time = quiet >= quietPolls ? "and nothing works on it" : `after ${waitMinutes} minutes`;
      throw new Error(
        `The upload ${uploadId} has not ended ${time}: ${how}. avatar-pipeline reconcile --fix starts what was lost; ` +
          "then run the same command again.",
      );
    }
    await sleep(target.pollMilliseconds, undefined, { signal });
  }
}
