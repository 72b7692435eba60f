import { existsSync, readdirSync, statSync, type Dirent } from "node:fs";
import { dirname, extname, join, parse, relative, resolve, sep } from "node:path";
import { isStudentId, studentIdRule } from "../../../../handlers/contract/students";
import { readCsv } from "../../csv";
import { fileProblems } from "../../upload/photos";
import { cannotRead } from "../../system-errors";
import { refuseSource, usageError } from "../../usage-error";

/** A school's photo, ready to be sent. */
export interface SchoolPhoto {
  readonly studentId: string;
  /** As named in the CSV; for a folder, the relative path with `/` between its parts. */
  readonly photo: string;
  readonly path: string;
}

export interface School {
  /** In the order of the CSV's rows or of the paths. */
  readonly photos: readonly SchoolPhoto[];
  /** The number of files below the folder whose names are not a photo's. */
  readonly others: number;
}

const columns = { studentId: "student_id", photo: "photo" } as const;
const extensions: readonly string[] = [".jpg", ".jpeg", ".png"];

/**
 * Lists a school's photos, and checks all of them before any is sent.
 *
 * @param source a folder, in which each photo's name is the student's id, or a CSV file with the columns student_id and
 * photo
 * @throws UsageError with a line for each photo that cannot be sent
 */
export function readSchool(source: string): School {
  let isFolder: boolean;
  try {
    isFolder = statSync(source).isDirectory();
  } catch (error) {
    throw cannotRead(source, error, "name a folder or a CSV file");
  }
  const school = isFolder ? readFolder(source) : { photos: readPhotoList(source), others: 0 };
  if (school.photos.length > 0) return school;
  throw usageError(
    isFolder
      ? `${source} has no photo in it, nor in the folders below it: none of its files is a .jpg, .jpeg or .png.`
      : `${source} names no photo; add one line for each below the header.`,
  );
}

function readFolder(folder: string): School {
  const files = entriesBelow(folder)
    // Hidden files are never photos, whatever their names: macOS leaves a "._lan.jpg" beside each lan.jpg.
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const named = files.filter(isPhotoName);
  const problems: string[] = [];
  const photos: SchoolPhoto[] = [];
  const owners = new Map<string, string>();
  for (const path of named) {
    const photo = relative(folder, path).split(sep).join("/");
    const studentId = studentOf(path, problems);
    if (studentId === undefined) continue;
    const other = owners.get(studentId);
    if (other !== undefined) {
      problems.push(
        `${path}: it would be student ${studentId}'s, and so would ${other}. Rename one, or list them in a CSV.`,
      );
    }
    owners.set(studentId, photo);
    photos.push({ studentId, photo, path: resolve(path) });
  }
  refuseSource(folder, problems);
  return { photos, others: files.length - named.length };
}

function entriesBelow(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    const { path = folder } = error as NodeJS.ErrnoException;
    throw cannotRead(path, error, `make it readable, or move it out of ${folder}`);
  }
}

/**
 * The file's name, unchanged: under an invented id a school's photo would belong to nobody, and its owner's next photo
 * would be a duplicate.
 */
function studentOf(path: string, problems: string[]): string | undefined {
  const { name } = parse(path);
  if (!isStudentId(name)) {
    problems.push(`${path}: "${name}" is no student's id, which is ${studentIdRule}. Rename it, or list it in a CSV.`);
    return undefined;
  }
  const found = fileProblems(path);
  problems.push(...found);
  return found.length > 0 ? undefined : name;
}

function readPhotoList(path: string): readonly SchoolPhoto[] {
  const csv = readCsv(path, { required: Object.values(columns) });
  const problems: string[] = [];
  const photos: SchoolPhoto[] = [];
  const lines = new Map<string, number>();
  for (const record of csv.records) {
    const { line } = record;
    const problem = (text: string): void => void problems.push(`line ${line}: ${text}`);
    if (record.problem !== undefined) {
      problem(record.problem);
      continue;
    }
    const [studentId, photo] = [csv.field(record, columns.studentId), csv.field(record, columns.photo)];
    if (!isStudentId(studentId)) {
      problem(`student_id is "${studentId}", but must be ${studentIdRule}.`);
    } else {
      const before = lines.get(studentId);
      if (before === undefined) lines.set(studentId, line);
      else problem(`student_id "${studentId}" is in line ${before} already; a student has one photo.`);
    }
    const file = fileAsWritten(resolve(dirname(path), photo));
    if (photo === "") problem("photo is empty, but must be a path, from the folder of the CSV.");
    else if (!isPhotoName(photo)) problem(`photo is "${photo}", but must be a .jpg, .jpeg or .png.`);
    else {
      for (const found of fileProblems(file)) {
        // The text begins with the whole path, and for a folder ends with advice for the shell.
        problem(`photo "${photo}"${found.replace(file, "").replace(/ Name the photos .*/, "")}`);
      }
    }
    photos.push({ studentId, photo, path: file });
  }
  refuseSource(path, problems);
  return photos;
}

/** A file's name may have composed or decomposed letters; the CSV may have the other form. */
function fileAsWritten(path: string): string {
  return [path, path.normalize("NFD")].find((form) => existsSync(form)) ?? path;
}

function isPhotoName(path: string): boolean {
  return extensions.includes(extname(path).toLowerCase());
}
