import { basename, dirname, join, relative, resolve } from "node:path";
import { stepTitle } from "../../../../handlers/contract/step-titles";
import { getUpload } from "../../../../handlers/stores/uploads";
import { terminalLocale } from "../../locale";
import { interruption, onSignals } from "../../signals";
import { messageOfError } from "../../system-errors";
import type { Place } from "../../target/place";
import { openTarget } from "../../target/target";
import { openDestination, type Destination } from "../../upload/clients";
import { openProgress, type Progress } from "../../upload/progress";
import { importPhoto } from "./import-photo";
import { openReport, type Report, type ReportRow } from "./report";
import { readSchool, type SchoolPhoto } from "./source";

/** After so many failures in a row the photos are not the cause: credentials have expired, or the network is gone. */
const failuresInARow = 10;

export interface ImportOptions {
  readonly place: Place;
  /** Photos in progress at a time. */
  readonly concurrency: number;
  /** The report's path; by default beside the source. */
  readonly report: string | undefined;
}

/**
 * Processes a school's photos to their ends.
 *
 * @param source a folder or a CSV file
 * @returns the exit status
 */
export async function importSchool(source: string, options: ImportOptions): Promise<number> {
  const { photos, others } = readSchool(source);
  if (others > 0) process.stderr.write(`Files left alone, being no .jpg, .jpeg or .png by name: ${others}.\n`);
  const interrupted = new AbortController();
  void onSignals().then(() => interrupted.abort(interruption()));
  const { signal } = interrupted;
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const target = await openTarget(options.place, { signal, announce: true, print });
  try {
    const destination = await openDestination(target);
    try {
      await reach(destination);
      const report = openReport(resolve(options.report ?? reportBeside(source, target.reportName)), target.name);
      const status = await run(photos, { ...options, destination, report, signal });
      if (!signal.aborted) await target.idle();
      return status;
    } finally {
      destination.close();
    }
  } finally {
    await target.close();
  }
}

/** Each pipeline has its own report, so that photos imported into one do not count as imported into another. */
function reportBeside(source: string, name: string): string {
  const path = resolve(source);
  return join(dirname(path), `${basename(path)}.import-${name.replace(/[^A-Za-z0-9_.-]/g, "-")}.csv`);
}

/** Reads from the table, so that missing credentials are reported once instead of for every photo. */
async function reach(destination: Destination): Promise<void> {
  try {
    await getUpload(destination.dynamodb, destination.uploadTable, "none");
  } catch (error) {
    throw new Error(`The pipeline cannot be reached, nothing was sent: ${(error as Error).message}`, { cause: error });
  }
}

interface RunOptions {
  readonly destination: Destination;
  readonly report: Report;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Processes photos to their ends until all are done or the run stops, and sums them up. */
async function run(photos: readonly SchoolPhoto[], options: RunOptions): Promise<number> {
  const { report, signal } = options;
  const progress = openProgress(photos.length);
  const began = Date.now();
  const tally = { accepted: 0, rejected: 0, failed: 0, known: 0 };
  let inARow = 0;
  let next = 0;
  const shown = (studentId: string, step: string): void => {
    const { accepted, rejected, failed, known } = tally;
    const done = accepted + rejected + failed;
    const left = ((Date.now() - began) / Math.max(1, done - known)) * (photos.length - done);
    const time = done > known ? `, about ${Math.ceil(left / 60_000)} min left` : "";
    progress.step(`${rejected} rejected, ${failed} failed${time}  ${studentId}: ${stepTitle(step)[terminalLocale()]}`);
  };
  const perform = async (school: SchoolPhoto): Promise<void> => {
    const { studentId, photo } = school;
    try {
      const onStep = (step: string): void => shown(studentId, step);
      const { row, isKnown } = await importPhoto(school, { ...options, locale: terminalLocale(), onStep });
      tally[row.outcome] += 1;
      if (isKnown) tally.known += 1;
      else if (row.outcome !== "accepted" || !progress.isShown) printEnd(row, progress);
      inARow = row.outcome === "failed" ? inARow + 1 : 0;
    } catch (error) {
      if (signal.aborted) return;
      tally.failed += 1;
      inARow += 1;
      progress.print(process.stderr, `${photo}: failed for ${studentId}: ${messageOfError(error)}`);
    }
    progress.done();
  };
  const worker = async (): Promise<void> => {
    while (!signal.aborted && inARow < failuresInARow) {
      const school = photos[next++];
      if (school === undefined) return;
      await perform(school);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } finally {
    progress.close();
    report.close(photos);
  }
  const { accepted, rejected, failed, known } = tally;
  const left = photos.length - accepted - rejected - failed;
  process.stdout.write(
    `${photos.length} in all: ${accepted} accepted, ${rejected} rejected, ${failed} failed` +
      `${left > 0 ? `, ${left} left` : ""}${known > 0 ? `; ${known} of them known from an earlier run` : ""}.\n` +
      `Report: ${relative(process.cwd(), report.file)}\n`,
  );
  if (signal.aborted) {
    process.stderr.write("Interrupted. Run the same again to go on; what was sent is not sent again.\n");
    return 130;
  }
  if (left > 0) {
    process.stderr.write(`Stopped after ${inARow} failures in a row. Fix what they report, and run the same again.\n`);
  }
  if (failed > 0 || left > 0) return 1;
  return rejected > 0 ? 2 : 0;
}

function printEnd({ photo, outcome, student_id, step, message }: ReportRow, progress: Progress): void {
  const where = step === "" ? "" : ` (${stepTitle(step)[terminalLocale()]})`;
  // The outcome of nearly all photos is progress, and not output.
  if (outcome === "accepted") progress.print(process.stderr, `${photo}: accepted for ${student_id}`);
  else progress.print(process.stdout, `${photo}: ${outcome} for ${student_id}${where}: ${message}`);
}
