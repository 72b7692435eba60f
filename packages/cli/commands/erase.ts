import type { EraseReceipt } from "../../../handlers/erase-student/handler";
import { isStudentId } from "../../../handlers/contract/students";
import { copiedKeys, removeCopiesOf } from "../target/copies";
import { DEFAULT_DATA } from "./local";
import { callOperatorFunction, readWhereabouts, whereaboutsOptions } from "../target/operator";
import { readOptions, usageError } from "../command";

const HELP = `Usage: avatar-pipeline erase STUDENT [--data DIR | --stack NAME] [--json]

Erases all that is held of a student: faces, thumbnails, originals, rows. Prints a receipt. Can be repeated.

  --data DIR          The local mode's data folder, default ${DEFAULT_DATA}/ in the working directory.
  --program FILE      The Pulumi program for a local mode that does not run yet, default the project's.
  --config KEY=VALUE  A configuration value for that; can be given again.
  --stack NAME        A stack on AWS instead; needs the Pulumi CLI and AWS credentials.
  --pipeline NAME     The pipeline, where there are several: of the local mode by its own name, of a stack by that of the
                      output with its names.
  --json              The receipt as JSON.
  --help

Exit status: 0 erased, also when nothing was held; 1 any failure or bad usage.
`;

/** @returns the exit status */
export async function eraseStudent(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    "erase",
    args,
    {
      ...whereaboutsOptions,
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    "the student's id",
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [studentId, ...more] = positionals;
  if (studentId === undefined || more.length > 0) {
    throw usageError("erase takes one student id; see avatar-pipeline erase --help.");
  }
  if (!isStudentId(studentId)) {
    throw usageError(`"${studentId}" is no student id: 1 to 64 of A-Z a-z 0-9 _ . -, and not "." or "..".`);
  }
  const where = readWhereabouts(values);
  const isLocal = values.stack === undefined;
  // Before: the local mode removes the copies of what is erased by itself.
  const copies = isLocal ? copiedKeys(where.data, studentId).length : 0;
  const erased = await callOperatorFunction<EraseReceipt>(where, "eraseStudentFunctionName", { studentId });
  if (isLocal) removeCopiesOf(where.data, studentId);
  const receipt: LocalReceipt = isLocal ? { ...erased, copies } : erased;
  process.stdout.write(values.json ? `${JSON.stringify(receipt)}\n` : textOf(receipt));
  return 0;
}

/** What was erased, with the files on this disk where the pipeline is a local one. */
type LocalReceipt = EraseReceipt & {
  /** Copies of thumbnails that `avatar-pipeline process` left in the data folder. */
  readonly copies?: number;
};

/** The receipt for a person. */
function textOf(receipt: LocalReceipt): string {
  const { studentId, at, faces, thumbnails, originals, uploadRows, avatarRows, copies } = receipt;
  const lines: [string, number | undefined][] = [
    ["faces in the collection", faces],
    ["thumbnails", thumbnails],
    ["originals", originals],
    ["records of uploads", uploadRows],
    ["record of the avatar", avatarRows],
    ["copies in the data folder", copies],
  ];
  const counted = lines.flatMap(([what, count]) => (count === undefined ? [] : `  ${what.padEnd(25)}  ${count}`));
  return [`Erased student ${studentId} at ${at} (UTC).`, ...counted, ""].join("\n");
}
