import { basename, dirname, join, relative, resolve } from "node:path";
import type { Locale } from "../../../../handlers/contract/reasons";
import { stepTitle } from "../../../../handlers/contract/step-titles";
import { importPhoto } from "./photo";
import { openReport, type Report, type ReportRow } from "./report";
import { readSchool, type SchoolPhoto } from "./source";
import { openLocal, openStack, type ImportTarget } from "../../target/target";
import { DEFAULT_DATA } from "../local";
import { findProgram } from "../../target/program-file";
import { openProgress, type Progress } from "../../upload/progress";
import { interruption, onSignals } from "../../signals";
import { messageOfError } from "../../system-errors";
import { readConfig, readData, readOptions, usageError } from "../../command";

/**
 * Each operation of Rekognition takes 5 calls a second where an account has no more, a photo needs each of them once,
 * and is under way for some seconds: four leave most of that to the students who upload meanwhile.
 */
const DEFAULT_CONCURRENCY = "4";

const HELP = `Usage: avatar-pipeline import DIR|CSV (--stack NAME | --local [--data DIR]) [OPTION…]

Puts a school's photos through the pipeline, and writes a report. Everything is checked before the first is sent. Run
the same again after an interruption or a failure: photos that were accepted or rejected are left, the rest goes on.

  DIR                 Every .jpg, .jpeg and .png in it and below it; the student is the file's name without extension,
                      which has to be an id: 1 to 64 of A-Z a-z 0-9 _ . -.
  CSV                 With the columns student_id and photo, a path from the CSV's folder. Other columns, such as name
                      and email, are left alone: nothing of them is sent, and no student gets a mail.
  --stack NAME        Into a stack on AWS; needs the Pulumi CLI and AWS credentials.
  --local             Into the local mode.
  --data DIR          The local mode's data folder, default ${DEFAULT_DATA}/ in the working directory.
  --program FILE      The Pulumi program for a local mode that does not run yet, default the project's.
  --config KEY=VALUE  A configuration value for that; can be given again.
  --pipeline NAME     The pipeline, where there are several: of the local mode by its own name, of a stack by that of the
                      output with its names.
  --concurrency N     Photos under way at a time, 1 to 64, default ${DEFAULT_CONCURRENCY}.
  --report FILE       The report, a CSV with a row for each photo; default beside the source, SOURCE.import-NAME.csv,
                      with the name of the stack, or local, and of one of several pipelines.
  --help

Each photo's notice goes to the topics, as that of any other upload.

Exit status: 0 all accepted, 2 some rejected, 1 any failure or bad usage, 130 interrupted.
`;

/** With so many photos failed one after the other it is not the photos: credentials that ran out, a network gone. */
const FAILURES_IN_A_ROW = 10;

/** @returns the exit status */
export async function importSchool(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    "import",
    args,
    {
      stack: { type: "string" },
      local: { type: "boolean", default: false },
      data: { type: "string" },
      program: { type: "string" },
      config: { type: "string", multiple: true },
      pipeline: { type: "string" },
      concurrency: { type: "string", default: DEFAULT_CONCURRENCY },
      report: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
    "the folder or the CSV",
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) {
    throw usageError("import takes one folder or one CSV file; see avatar-pipeline import --help.");
  }
  const { stack, local } = values;
  if ((stack !== undefined) === local) {
    throw usageError("Say where to: --stack NAME for a stack on AWS, or --local for the local mode.");
  }
  const { pipeline: named } = values;
  if (!local && [values.data, values.program, values.config].some((option) => option !== undefined)) {
    throw usageError("--data, --program and --config are of the local mode; give them with --local, not with --stack.");
  }
  const program = values.program === undefined ? undefined : findProgram(values.program);
  const config = readConfig(values.config ?? []);
  const data = readData(values.data ?? DEFAULT_DATA);
  const concurrency = readConcurrency(values.concurrency);
  if (values.report !== undefined && resolve(values.report) === resolve(source)) {
    throw usageError("--report is the source itself; name another file.");
  }
  const { photos, others } = readSchool(source);
  if (others > 0) process.stderr.write(`Files left alone, being no .jpg, .jpeg or .png by name: ${others}.\n`);

  const interrupted = new AbortController();
  void onSignals().then(() => interrupted.abort(interruption()));
  const target = await (stack === undefined
    ? openLocal(data, { program, config, pipeline: named }, interrupted.signal)
    : openStack(stack, named));
  try {
    const { pipeline } = target;
    await reach(target);
    const report = openReport(resolve(values.report ?? reportBeside(source, target.reportName)), pipeline);
    const status = await run(photos, { target, report, pipeline, concurrency, signal: interrupted.signal });
    if (!interrupted.signal.aborted) await target.idle();
    return status;
  } finally {
    await target.close();
  }
}

function readConcurrency(text: string): number {
  const concurrency = Number(text);
  if (/^\d+$/.test(text) && concurrency >= 1 && concurrency <= 64) return concurrency;
  throw usageError(`--concurrency ${text}: it is a whole number from 1 to 64.`);
}

/** Each pipeline has its own, so that a school that is in one is not taken for being in the other. */
function reportBeside(source: string, name: string): string {
  const path = resolve(source);
  return join(dirname(path), `${basename(path)}.import-${name.replace(/[^A-Za-z0-9_.-]/g, "-")}.csv`);
}

/** Asks for something, so that missing credentials are told once and not for every photo. */
async function reach({ dynamodb, names }: ImportTarget): Promise<void> {
  try {
    await dynamodb.getItem({ TableName: names.uploadTable, Key: { upload_id: { S: "none" } } });
  } catch (error) {
    throw new Error(`The pipeline cannot be reached, nothing was sent: ${(error as Error).message}`, { cause: error });
  }
}

interface RunOptions {
  readonly target: ImportTarget;
  readonly report: Report;
  readonly pipeline: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Takes every photo to its end, or as many as it gets to, and sums them up. */
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
    progress.step(`${rejected} rejected, ${failed} failed${time}  ${studentId}: ${stepTitle(step)[locale()]}`);
  };
  const perform = async (school: SchoolPhoto): Promise<void> => {
    const { studentId, photo } = school;
    try {
      const onStep = (step: string): void => shown(studentId, step);
      const { row, isKnown } = await importPhoto(school, { ...options, locale: locale(), onStep });
      tally[row.outcome] += 1;
      if (isKnown) tally.known += 1;
      else if (row.outcome !== "accepted") tell(row, progress);
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
    while (!signal.aborted && inARow < FAILURES_IN_A_ROW) {
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
    process.stderr.write(`Stopped after ${inARow} failures in a row. Mend what they say, and run the same again.\n`);
  }
  if (failed > 0 || left > 0) return 1;
  return rejected > 0 ? 2 : 0;
}

function tell({ photo, outcome, student_id, step, message }: ReportRow, progress: Progress): void {
  const where = step === "" ? "" : ` (${stepTitle(step)[locale()]})`;
  progress.print(process.stdout, `${photo}: ${outcome} for ${student_id}${where}: ${message}`);
}

/** The language of this terminal, when the catalogue has it. */
function locale(): Locale {
  const language = process.env["LC_ALL"] || process.env["LC_MESSAGES"] || process.env["LANG"] || "";
  return language.startsWith("vi") ? "vi" : "en";
}
