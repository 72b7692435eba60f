import { accessSync, constants, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { isEmail, isStudentId } from "../../../handlers/contract/students";
import { cannotRead } from "../system-errors";
import { usageError } from "../command";

/** A photo on the command line that can be sent. */
export interface PhotoFile {
  /** As it was given. */
  readonly file: string;
  readonly path: string;
  readonly studentId: string;
  readonly bytes: number;
}

/**
 * Checks every photo before any is sent.
 *
 * @throws UsageError naming the first that cannot be
 */
export function readPhotos(files: readonly string[], student: string | undefined): readonly PhotoFile[] {
  if (files.length === 0) throw usageError("Name at least one photo; see avatar-pipeline process --help.");
  if (student !== undefined && !isStudentId(student)) {
    throw usageError(`--student ${student}: a student's id is 1 to 64 of A-Z a-z 0-9 _ . - and neither "." nor "..".`);
  }
  const photos = files.map((file) => {
    const path = resolve(file);
    return { file, path, bytes: sizeOf(file, path), studentId: student ?? studentIn(file) };
  });
  if (student === undefined) refuseClashes(photos);
  return photos;
}

/**
 * Of several photos of one student the newest stays, and that must not come about by their names alone: `Hoà.jpg` and
 * `Hoá.jpg` are most likely two students.
 */
function refuseClashes(photos: readonly PhotoFile[]): void {
  for (const { studentId, path } of photos) {
    const others = photos.filter((photo) => photo.studentId === studentId);
    if (others.every((other) => other.path === path)) continue;
    throw usageError(
      `${others.map(({ file }) => file).join(" and ")} would all be taken for photos of the student ${studentId}, and ` +
        "the last would replace the others: nothing was sent. Rename them, or process each with its own --student ID.",
    );
  }
}

/** @throws UsageError unless the address is one that the upload API takes */
export function readEmail(email: string | undefined): string | undefined {
  if (email === undefined || isEmail(email)) return email;
  throw usageError(`--email ${email}: that is no e-mail address.`);
}

function sizeOf(file: string, path: string): number {
  let stat;
  try {
    stat = statSync(path);
    accessSync(path, constants.R_OK);
  } catch (error) {
    const missing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    throw usageError(
      missing
        ? `${file}: there is no such file.`
        : cannotRead(file, error, "make it readable, or leave it out").message,
    );
  }
  if (stat.isDirectory())
    throw usageError(`${file} is a folder. Name the photos in it, for example ${file.replace(/\/+$/, "")}/*.jpg.`);
  if (!stat.isFile()) throw usageError(`${file} is not a file.`);
  if (stat.size === 0) throw usageError(`${file} is empty.`);
  return stat.size;
}

/** The file's name without its extension; what an id may not have becomes a hyphen. */
function studentIn(file: string): string {
  const id = basename(file, extname(file))
    .normalize("NFC")
    .replace(/[^A-Za-z0-9_.-]/gu, "-")
    .slice(0, 64);
  if (isStudentId(id)) return id;
  throw usageError(`${file}: no student's id can be made of this name. Give one with --student ID.`);
}
