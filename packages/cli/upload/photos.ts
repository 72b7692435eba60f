import { accessSync, constants, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { isEmail, isStudentId, studentIdRule } from "../../../handlers/contract/students";
import { cannotRead } from "../system-errors";
import { refuse } from "../usage-error";

/** A photo on the command line that can be sent. */
export interface PhotoFile {
  /** The path as given. */
  readonly file: string;
  /** The absolute path. */
  readonly path: string;
  readonly studentId: string;
}

/**
 * Checks every photo before any is sent.
 *
 * @param student the student in the photos; undefined if each file's name gives the id
 * @throws UsageError with every photo that cannot be sent
 */
export function readPhotos(files: readonly string[], student: string | undefined): readonly PhotoFile[] {
  refuse(photoProblems(files, student));
  return files.map((file) => ({ file, path: resolve(file), studentId: student ?? studentIn(file) ?? "" }));
}

/** Every reason why photos cannot be sent, one a line. */
export function photoProblems(files: readonly string[], student: string | undefined): readonly string[] {
  if (student === undefined) return [...files.flatMap(namedFileProblems), ...clashes(files)];
  const rule = `--student ${student}: a student's id is ${studentIdRule}.`;
  return [...(isStudentId(student) ? [] : [rule]), ...files.flatMap(fileProblems)];
}

/** The reason why the upload API would refuse an address. */
export function emailProblems(email: string | undefined): readonly string[] {
  const isGood: boolean = email === undefined || isEmail(email);
  return isGood ? [] : [`--email ${email ?? ""}: that is no e-mail address.`];
}

/** The reason why a file cannot be sent; at most one line. */
export function fileProblems(file: string): readonly string[] {
  let stat;
  try {
    stat = statSync(file);
    accessSync(file, constants.R_OK);
  } catch (error) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (isMissing) return [`${file}: there is no such file.`];
    return [cannotRead(file, error, "make it readable, or leave it out").message];
  }
  if (stat.isDirectory()) {
    return [`${file} is a folder. Name the photos in it, for example ${file.replace(/\/+$/, "")}/*.jpg.`];
  }
  if (!stat.isFile()) return [`${file} is not a file.`];
  return stat.size === 0 ? [`${file} is empty.`] : [];
}

function namedFileProblems(file: string): readonly string[] {
  const problems = fileProblems(file);
  if (problems.length > 0 || studentIn(file) !== undefined) return problems;
  return [`${file}: no student's id can be made of this name. Give one with --student ID.`];
}

/**
 * If one student has several photos, the newest stays. File names alone must not cause that: `Hoà.jpg` and `Hoá.jpg`
 * are most likely two students.
 */
function clashes(files: readonly string[]): readonly string[] {
  const byStudent = new Map<string, string[]>();
  for (const file of files) {
    const student = studentIn(file);
    if (student !== undefined) byStudent.set(student, [...(byStudent.get(student) ?? []), file]);
  }
  return [...byStudent].flatMap(([student, own]) =>
    new Set(own.map((file) => resolve(file))).size === 1
      ? []
      : `${own.join(" and ")} would all be taken for photos of the student ${student}, and the last would replace the ` +
        "others: nothing was sent. Rename them, or process each with its own --student ID.",
  );
}

/** The file's name without its extension, with a hyphen for each character that is not allowed in an id. */
function studentIn(file: string): string | undefined {
  const id = basename(file, extname(file))
    .normalize("NFC")
    .replace(/[^A-Za-z0-9_.-]/gu, "-")
    .slice(0, 64);
  return isStudentId(id) ? id : undefined;
}
