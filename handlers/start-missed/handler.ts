import { lostUploads, type MissedClients, type MissedSettings } from "../reconcile/originals";
import { look } from "../reconcile/look";
import { collect } from "../reconcile/stock";
import { everyVersion } from "../stores/photos";
import { metricLine } from "../runtime/metrics";
import type { Handler } from "../runtime/step";
import { namedError } from "../runtime/errors";

/** The number of photos that no execution had taken, for an alarm. Measured only if there are any. */
export const missedMetric = "PhotosMissed";

export interface StartMissedReport {
  /** Versions listed below `uploads/`. */
  readonly originals: number;
  /** Photos that got an execution. */
  readonly started: number;
}

/**
 * Starts an execution for each photo that none has taken within the grace: its event was lost. In its first minutes a
 * bucket sends no events. Cheap enough for every quarter of an hour: one listing of `uploads/`, which holds only photos
 * in progress and those that failed, and one row for each of them.
 *
 * A photo whose event is only late is started twice; the second execution ends in `AlreadyHandled`.
 *
 * @throws NotStarted if an execution could not be started; the others are started first
 */
export function startMissed(
  settings: MissedSettings & { readonly functionName: string },
  clients: MissedClients & { readonly print: (line: string) => void },
): Handler<unknown, StartMissedReport> {
  return async () => {
    const originals = await collect(everyVersion(clients.s3, settings.photoBucket, "uploads/"));
    let started = 0;
    const problems: string[] = [];
    for (const difference of lostUploads(settings, clients, { originals, uploads: new Map() })) {
      for (const { fixed, problem = "" } of await look(difference, true)) {
        if (fixed) started++;
        else problems.push(problem);
      }
    }
    const found = started + problems.length;
    if (found > 0) clients.print(metricLine(missedMetric, found, settings.functionName, clients.now()));
    if (problems.length > 0) throw namedError("NotStarted", `${problems.length} photos not started: ${problems[0]}`);
    return { originals: originals.length, started };
  };
}
