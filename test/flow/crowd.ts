import { createFaultInjector } from "../../packages/local-cloud/faults";
import { scriptedEngine, scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { brokenPromises, takeSnapshot, type PutPhoto } from "../chaos/invariants";
import { portrait } from "../support/portraits";
import { startPipeline } from "../support/with-cloud";

/**
 * A crowd that uploads at once, run in its own process, so that the measured memory is the service's and not a whole
 * test run's: `crowd.long.test.ts` forks it and receives a {@link CrowdReport}.
 */

/**
 * Rekognition calls per second that are not refused. A crowd of 1,000 makes about 3,700, as fast as the machine can.
 */
const callsPerSecond = 50;
/** Some are refused in any case, for a machine too slow to reach that rate. */
const refusedAnyway = 0.2;

/** One student's upload, and the row's outcome: "accepted", a reason, or for two who share a face "one of two". */
export interface Planned {
  readonly student: string;
  readonly persons: readonly string[];
  readonly expected: string;
}

export interface CrowdReport {
  /** Every promise of the pipeline that does not hold at the end, as sentences. */
  readonly broken: readonly string[];
  readonly rows: number;
  readonly originals: number;
  /** How each student's upload ended: "accepted" or the reason. */
  readonly endings: Readonly<Record<string, string>>;
  /** Rekognition calls refused, and those of them beyond {@link callsPerSecond}. */
  readonly throttled: number;
  readonly beyondRate: number;
  /** Seconds until every photo was stored, and until every execution had ended. */
  readonly stored: number;
  readonly ended: number;
  /** Most resident megabytes of the service with this driver, and of all the function processes together. */
  readonly serviceMB: number;
  readonly functionsMB: number;
}

/**
 * In every hundred: 86 students with their own face, 4 pairs who share one, and 6 photos that do not show one person.
 */
export function planOf(index: number): Planned {
  const [group, place] = [Math.floor(index / 100), index % 100];
  const student = `SV${String(index).padStart(4, "0")}`;
  if (place < 8) return { student, persons: [`twin ${group}.${place >> 1}`], expected: "one of two" };
  if (place < 10) return { student, persons: [], expected: "NO_FACE" };
  if (place < 12) return { student, persons: [`left ${index}`, `right ${index}`], expected: "MULTIPLE_FACES" };
  if (place < 14) return { student, persons: [`nobody ${index}`], expected: "FILE_CORRUPT" };
  return { student, persons: [`person ${index}`], expected: "accepted" };
}

async function runCrowd(size: number): Promise<CrowdReport> {
  const faults = createFaultInjector();
  const pipeline = await startPipeline({ engine: scriptedEngine(), faults, retryScale: 0.02 });
  const most = { service: 0, functions: 0 };
  const watch = setInterval(() => {
    const functions = pipeline.cloud.functions.processes().reduce((sum, { memoryMB }) => sum + memoryMB, 0);
    most.service = Math.max(most.service, process.memoryUsage.rss() / 1024 / 1024);
    most.functions = Math.max(most.functions, functions);
  }, 250);
  try {
    const photo = await portrait("A", { width: 200 });
    const cut = photo.subarray(0, photo.length >> 1);
    const throttle = { service: "rekognition", fault: { kind: "throttle" } };
    const rules = [
      { ...throttle, name: "rate", perSecond: callsPerSecond },
      { ...throttle, name: "anyway", probability: refusedAnyway },
    ];
    faults.use({ seed: 1, rules });
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const photos = await Promise.all(
      Array.from({ length: size }, async (_, index): Promise<PutPhoto> => {
        const { student, persons, expected } = planOf(index);
        const isCut = expected === "FILE_CORRUPT";
        const key = `uploads/${student}/${isCut ? "broken" : "photo"}.jpg`;
        const faces = persons.map((person) => ({ person }));
        const versionId = await pipeline.upload(key, isCut ? cut : scriptFaces(photo, faces));
        return { key, versionId, student, persons, isBroken: isCut };
      }),
    );
    const stored = seconds();
    await pipeline.cloud.idle();
    const ended = seconds();
    const throttled = faults.log.length;
    const beyondRate = faults.log.filter(({ rule }) => rule === "rate").length;
    faults.clear();

    const { names } = pipeline;
    const snapshot = await takeSnapshot({ ...pipeline, ...names, collectionId: names.faceCollectionId });
    return {
      broken: brokenPromises(snapshot, photos, await pipeline.notices(), false),
      rows: snapshot.uploads.length,
      originals: snapshot.originals.length,
      endings: Object.fromEntries(snapshot.uploads.map((row) => [row.studentId, row.reason ?? row.status])),
      throttled,
      beyondRate,
      stored,
      ended,
      serviceMB: most.service,
      functionsMB: most.functions,
    };
  } finally {
    clearInterval(watch);
    await pipeline.close();
  }
}

if (require.main === module) {
  void runCrowd(Number(process.argv[2])).then((report) => process.send?.(report, () => process.disconnect()));
}
