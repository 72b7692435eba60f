import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { EraseReceipt } from "../../handlers/erase-student/handler";
import { isStudentId } from "../../handlers/lib/keys";
import { DEFAULT_DATA } from "./local";
import { callOperatorFunction } from "./operator-function";
import { readOptions, usageError } from "./usage";

const HELP = `Usage: avatar-pipeline erase STUDENT [--data DIR | --stack NAME] [--json]

Erases all that is held of a student: faces, thumbnails, originals, rows. Prints a receipt. Can be repeated.

  --data DIR     The local mode's data folder, default ${DEFAULT_DATA}/ in the working directory.
  --stack NAME   A stack on AWS instead; needs the Pulumi CLI and AWS credentials.
  --json         The receipt as JSON.
  --help

Exit status: 0 erased, also when nothing was held; 1 any failure or bad usage.
`;

/** @returns the exit status */
export async function eraseStudent(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions("erase", args, {
    data: { type: "string" },
    stack: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
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
  if (values.data !== undefined && values.stack !== undefined) {
    throw usageError("--data is a local pipeline and --stack one on AWS; give one of them.");
  }
  const where = { data: resolve(values.data ?? DEFAULT_DATA), stack: values.stack };
  const receipt = await callOperatorFunction<EraseReceipt>(where, "eraseStudentFunctionName", { studentId });
  // The copies that `avatar-pipeline process` made; the folder is named by an id, which is checked above.
  if (values.stack === undefined) await rm(join(where.data, "thumbnails", studentId), { recursive: true, force: true });
  process.stdout.write(values.json ? `${JSON.stringify(receipt)}\n` : textOf(receipt));
  return 0;
}

/** The receipt for a person. */
export function textOf(receipt: EraseReceipt): string {
  const { studentId, at, faces, thumbnails, originals, uploadRows, avatarRows } = receipt;
  return (
    `Erased student ${studentId} at ${at} (UTC).\n` +
    `  faces in the collection  ${faces}\n` +
    `  thumbnails               ${thumbnails}\n` +
    `  originals                ${originals}\n` +
    `  records of uploads       ${uploadRows}\n` +
    `  record of the avatar     ${avatarRows}\n`
  );
}
