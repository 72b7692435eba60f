import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import { stepTitle } from "../../../../handlers/contract/step-titles";
import { terminalLocale } from "../../locale";
import { interruption, onSignals } from "../../signals";
import { openTarget, type Target } from "../../target/target";
import { openDestination } from "../../upload/clients";
import { readPhotos, type PhotoFile } from "../../upload/photos";
import { openProgress, type Progress } from "../../upload/progress";
import { usageError } from "../../usage-error";
import { processPhoto, type Outcome } from "./outcome";

/** Photos of different students in progress at a time. */
const concurrency = Math.max(2, availableParallelism());

export interface ProcessValues {
  readonly student: string | undefined;
  readonly email: string | undefined;
  readonly data: string;
  readonly json: boolean;
  readonly program: string | undefined;
  readonly stack: string | undefined;
  readonly pipeline: string | undefined;
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Processes each photo to its end.
 *
 * @returns the exit status
 */
export async function processPhotos(files: readonly string[], values: ProcessValues): Promise<number> {
  const { student, data, program, config, stack: configuration, pipeline } = values;
  const photos = readPhotos(files, student);
  const interrupted = new AbortController();
  void onSignals().then(() => interrupted.abort(interruption()));
  const { signal } = interrupted;
  const progress = openProgress(photos.length);
  try {
    progress.step("Starting");
    const target = await openTarget(
      { is: "local", data, program, config, configuration, pipeline },
      { signal, announce: true, print: (line) => progress.print(process.stderr, line) },
    );
    try {
      const status = await run(photos, { ...values, target, signal, progress });
      // The last photo's notice, and the end of its execution.
      if (!signal.aborted) await target.idle();
      return status;
    } finally {
      await target.close();
    }
  } finally {
    progress.close();
  }
}

interface RunOptions extends ProcessValues {
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function run(photos: readonly PhotoFile[], options: RunOptions): Promise<number> {
  const { data, email, target, signal, progress } = options;
  if (email !== undefined && target.apiUrl === undefined) {
    throw usageError("--email needs the upload API, and the program declares none (its site is not enabled).");
  }
  const destination = await openDestination(target);
  const locale = terminalLocale();
  const outcomes = photos.map(() => undefined as Outcome | undefined);
  let printed = 0;
  const settle = (index: number, outcome: Outcome): void => {
    outcomes[index] = outcome;
    progress.done();
    for (let next = outcomes[printed]; next !== undefined; next = outcomes[++printed]) print(next, options);
  };
  try {
    await eachByStudent(photos, async (photo, index) => {
      if (signal.aborted) return;
      const onStep = (step: string): void => progress.step(`${photo.studentId}: ${stepTitle(step)[locale]}`);
      const outcome = await processPhoto(photo, { destination, data, email, locale, onStep, signal });
      if (outcome) settle(index, outcome);
    });
  } finally {
    destination.close();
  }
  if (signal.aborted) {
    progress.print(process.stderr, "Interrupted. Photos that were uploaded continue at the next start.");
    return 130;
  }
  const all = outcomes.filter((outcome) => outcome !== undefined);
  if (all.some(({ outcome }) => outcome === "failed")) return 1;
  return all.some(({ outcome }) => outcome === "rejected") ? 2 : 0;
}

/**
 * Processes the photos of different students in parallel, and one student's one after the other: of two in progress at
 * once the newer would supersede the older.
 */
async function eachByStudent(
  photos: readonly PhotoFile[],
  perform: (photo: PhotoFile, index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string, (readonly [PhotoFile, number])[]>();
  photos.forEach((photo, index) => {
    const { studentId } = photo;
    queues.set(studentId, [...(queues.get(studentId) ?? []), [photo, index]]);
  });
  const waiting = [...queues.values()];
  const worker = async (): Promise<void> => {
    for (let own = waiting.shift(); own; own = waiting.shift()) {
      for (const [photo, index] of own) await perform(photo, index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function print(outcome: Outcome, { json, data, progress }: RunOptions): void {
  progress.print(process.stdout, json ? JSON.stringify(outcome) : sentence(outcome, data));
}

function sentence(outcome: Outcome, data: string): string {
  const { file, studentId, milliseconds, message, step, uploadId } = outcome;
  const took = `${(milliseconds / 1000).toFixed(1)} s`;
  if (outcome.outcome === "accepted") {
    const folder = relative(process.cwd(), resolve(data, "thumbnails", studentId, uploadId ?? ""));
    return `${file}: accepted for ${studentId} in ${took}, ${folder}`;
  }
  const where = step === null ? "" : ` (${stepTitle(step)[terminalLocale()]})`;
  return `${file}: ${outcome.outcome} for ${studentId} in ${took}${where}: ${message ?? ""}`;
}
