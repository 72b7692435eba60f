import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { EraseReceipt } from "../../../../handlers/erase-student/handler";
import { isStudentId, studentIdRule } from "../../../../handlers/contract/students";
import { readCsv } from "../../csv";
import { eraseCopies } from "../../target/copies";
import { callOperator, withHeld } from "../../target/operator";
import type { Place } from "../../target/place";
import type { Target } from "../../target/target";
import { refuseSource, usageError } from "../../usage-error";
import { isNear } from "./near";
import { knownStudents } from "./known-students";

export interface EraseOptions {
  readonly place: Place;
  /** Whether a list is already confirmed. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** The receipt, with the files on this disk if the pipeline is a local one. */
type Receipt = EraseReceipt & {
  /** Copies of thumbnails that `avatar-pipeline process` left in the data folder. */
  readonly copies?: number | undefined;
};

/**
 * Erases a student, or the students of a list.
 *
 * @param operand an id, or the path of a CSV file
 * @returns the exit status
 */
export async function eraseStudents(operand: string, options: EraseOptions): Promise<number> {
  const isList = /\.csv$/i.test(operand) && existsSync(operand);
  const students = isList ? readList(operand) : [readStudent(operand)];
  if (isList && !options.yes) await confirm(operand, students.length);
  return withHeld(options.place, async (target) => {
    let status = 0;
    for (const studentId of students) {
      const receipt = await eraseOne(studentId, target, options.place);
      const isEmpty = countsOf(receipt).every(([, count]) => count === 0);
      if (isEmpty) status = 2;
      process.stdout.write(options.json ? `${JSON.stringify(receipt)}\n` : textOf(receipt, isEmpty));
      if (!isEmpty) continue;
      const near = (await knownStudents(target)).filter((known) => isNear(studentId, known));
      if (near.length > 0) process.stderr.write(`Ids close to ${studentId} that are known: ${near.join(", ")}.\n`);
    }
    return status;
  });
}

function readStudent(studentId: string): string {
  if (isStudentId(studentId)) return studentId;
  throw usageError(`"${studentId}" is no student id: ${studentIdRule}.`);
}

function readList(path: string): readonly string[] {
  const csv = readCsv(path, { required: ["student_id"] });
  const ids = csv.records.map((record) => ({ ...record, studentId: csv.field(record, "student_id") }));
  refuseSource(
    path,
    ids.flatMap(({ line, problem, studentId }) => {
      if (problem !== undefined) return `line ${line}: ${problem}`;
      if (isStudentId(studentId)) return [];
      return `line ${line}: student_id is "${studentId}", but must be ${studentIdRule}.`;
    }),
  );
  if (ids.length === 0) throw usageError(`${path} names no student; add one line for each below the header.`);
  return [...new Set(ids.map(({ studentId }) => studentId))];
}

/** @throws UsageError unless a person confirms the number of students on the terminal */
async function confirm(list: string, count: number): Promise<void> {
  const students = count === 1 ? "1 student" : `${count} students`;
  if (!process.stdin.isTTY) {
    throw usageError(`${list} lists ${students}, and nothing brings an erased one back; confirm with --yes.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Erase ${students}? Nothing brings them back. Type ${count} to go on: `);
    if (answer.trim() !== String(count)) throw usageError("Not confirmed; nothing was erased.");
  } finally {
    terminal.close();
  }
}

async function eraseOne(studentId: string, target: Target, place: Place): Promise<Receipt> {
  const erase = () => callOperator<EraseReceipt>(target, "eraseStudentFunctionName", { studentId });
  if (place.is === "stack") return erase();
  const { result, copies } = await eraseCopies(place.data, studentId, target, erase);
  return { ...result, copies };
}

function countsOf(receipt: Receipt): readonly (readonly [what: string, count: number])[] {
  const { faces, thumbnails, originals, uploadRows, avatarRows, copies } = receipt;
  return [
    ["faces in the collection", faces],
    ["thumbnails", thumbnails],
    ["originals", originals],
    ["records of uploads", uploadRows],
    ["record of the avatar", avatarRows],
    ...(copies === undefined ? [] : [["copies in the data folder", copies] as const]),
  ];
}

/** The receipt for a person. */
function textOf(receipt: Receipt, isEmpty: boolean): string {
  const { studentId, at } = receipt;
  const counted = countsOf(receipt).map(([what, count]) => `  ${what.padEnd(25)}  ${count}`);
  const head = isEmpty ? `Nothing was held of student ${studentId}` : `Erased student ${studentId}`;
  return [`${head} at ${at} (UTC).`, ...counted, ""].join("\n");
}
