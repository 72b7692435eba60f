import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import type { Locale } from "../../../../handlers/contract/reasons";
import { stepTitle } from "../../../../handlers/contract/step-titles";
import { DEFAULT_DATA } from "../local";
import { readEmail, readPhotos, type PhotoFile } from "../../upload/photos";
import { findProgram } from "../../target/program-file";
import { openProgress, type Progress } from "../../upload/progress";
import type { OpenService } from "../../target/service";
import { interruption, onSignals } from "../../signals";
import type { Outcome } from "../../upload/send";
import { readConfig, readData, readOptions, usageError } from "../../command";

const HELP = `Usage: avatar-pipeline process PHOTO… [--student ID] [--email ADDRESS] [--data DIR] [--json]

Puts each photo through the whole pipeline on this machine and tells what became of it. When a local mode already has
the data folder, that one is used; when another command has it, its end is waited for.

  --student ID        Whose photos they are, of which the newest stays; by default each photo's name without its
                      extension, and then no two of them may be one student's.
  --email ADDRESS     Kept with each upload, as the upload page does.
  --data DIR          Where everything is kept, default ${DEFAULT_DATA}/ in the working directory.
                      Thumbnails are in DIR/thumbnails/STUDENT/UPLOAD/SIZE.jpg.
  --json              One line of JSON for each photo, in the order given.
  --program FILE      The Pulumi program, default the project's in the working directory.
  --stack NAME        Its stack, which names the configuration Pulumi.NAME.yaml; default dev.
  --pipeline NAME     The pipeline, where the program has several.
  --config KEY=VALUE  A configuration value for this run alone; can be given again.
  --help

Exit status: 0 all accepted, 2 some rejected, 1 any failure or bad usage, 130 interrupted.
`;

/** Photos of different students that are under way at a time. */
const CONCURRENCY = Math.max(2, availableParallelism());

/** @returns the exit status */
export async function processPhotos(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    "process",
    args,
    {
      student: { type: "string" },
      email: { type: "string" },
      data: { type: "string", default: DEFAULT_DATA },
      json: { type: "boolean", default: false },
      program: { type: "string" },
      stack: { type: "string" },
      pipeline: { type: "string" },
      config: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
    "a photo",
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const photos = readPhotos(positionals, values.student);
  const email = readEmail(values.email);
  const data = readData(values.data);
  const interrupted = new AbortController();
  void onSignals().then(() => interrupted.abort(interruption()));

  const program = values.program === undefined ? undefined : findProgram(values.program);
  const config = readConfig(values.config);
  const progress = openProgress(photos.length);
  const options: RunOptions = { data, email, json: values.json, signal: interrupted.signal, progress };
  try {
    progress.step("Starting");
    // Now and not before: all the services take a while to load, and a mistake on the command line is told at once.
    const { openService } = await import("../../target/service.js");
    const service = await openService({
      data,
      program,
      pipeline: values.pipeline,
      config,
      signal: interrupted.signal,
      print: (line) => progress.print(process.stderr, line),
      stack: values.stack,
    });
    try {
      const status = await run(photos, service, options);
      // What is left of the last photo's way: its notice, the end of its execution.
      if (!interrupted.signal.aborted) await service.idle();
      return status;
    } finally {
      await service.close();
    }
  } finally {
    progress.close();
  }
}

interface RunOptions {
  readonly data: string;
  readonly email: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function run(photos: readonly PhotoFile[], service: OpenService, options: RunOptions): Promise<number> {
  if (options.email !== undefined && service.pipeline.apiUrl === undefined) {
    throw usageError("--email needs the upload API, and the program declares none (its site is not enabled).");
  }
  const [{ S3 }, { DynamoDB }, { submit }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@aws-sdk/client-dynamodb"),
    import("../../upload/send.js"),
  ]);
  const clients = { s3: new S3(service.clientConfig), dynamodb: new DynamoDB(service.clientConfig) };
  const { progress } = options;
  const outcomes = photos.map(() => undefined as Outcome | undefined);
  let printed = 0;
  const settle = (index: number, outcome: Outcome): void => {
    outcomes[index] = outcome;
    progress.done();
    for (let next = outcomes[printed]; next !== undefined; next = outcomes[++printed]) print(next, options);
  };
  try {
    await eachByStudent(photos, async (photo, index) => {
      if (options.signal.aborted) return;
      const { data, email, signal } = options;
      const onStep = (step: string): void => progress.step(`${photo.studentId}: ${stepTitle(step)[locale()]}`);
      const more = email === undefined ? {} : { email };
      const outcome = await submit(photo, { service, ...clients, data, locale: locale(), onStep, signal, ...more });
      if (outcome) settle(index, outcome);
    });
  } finally {
    clients.s3.destroy();
    clients.dynamodb.destroy();
  }
  if (options.signal.aborted) {
    progress.print(process.stderr, "Interrupted. What was uploaded goes on at the next start.");
    return 130;
  }
  const all = outcomes.filter((outcome) => outcome !== undefined);
  if (all.some(({ outcome }) => outcome === "failed")) return 1;
  return all.some(({ outcome }) => outcome === "rejected") ? 2 : 0;
}

/**
 * Runs several students' photos side by side, and one student's one after the other: of two that are under way at
 * once the newer would supersede the older.
 */
async function eachByStudent(
  photos: readonly PhotoFile[],
  perform: (photo: PhotoFile, index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string, number[]>();
  photos.forEach(({ studentId }, index) => queues.set(studentId, [...(queues.get(studentId) ?? []), index]));
  const waiting = [...queues.values()];
  const worker = async (): Promise<void> => {
    for (let own = waiting.shift(); own; own = waiting.shift()) {
      for (const index of own) {
        const photo = photos[index];
        if (photo) await perform(photo, index);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
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
  const where = step === null ? "" : ` (${stepTitle(step)[locale()]})`;
  return `${file}: ${outcome.outcome} for ${studentId} in ${took}${where}: ${message}`;
}

/** The language of this terminal, when the catalogue has it. */
function locale(): Locale {
  const language = process.env["LC_ALL"] || process.env["LC_MESSAGES"] || process.env["LANG"] || "";
  return language.startsWith("vi") ? "vi" : "en";
}
