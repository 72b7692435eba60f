import { rmSync } from "node:fs";
import { everyAvatar, getAvatar, type AvatarRow } from "../../../../handlers/stores/avatars";
import { readThumbnail } from "../../../../handlers/stores/photos";
import { everyUpload } from "../../../../handlers/stores/uploads";
import { csvText } from "../../csv";
import { withHeld } from "../../target/operator";
import type { Place } from "../../target/place";
import { openDestination, type Destination } from "../../upload/clients";
import { writeNew } from "../../write-new";
import { namesOf, type Named, type Names } from "./names";
import { tableOf } from "./table";
import { writeZip, type ZipEntry } from "./zip";

export interface ExportOptions {
  readonly place: Place;
  /** The path of the ZIP file to write. */
  readonly zip: string | undefined;
  /** The path of the CSV file to write. */
  readonly csv: string | undefined;
  /** Pixels; by default the largest size of each avatar. */
  readonly size: number | undefined;
  readonly names: Names;
  readonly since: Date | undefined;
  readonly json: boolean;
}

interface Picture extends ZipEntry {
  readonly studentId: string;
}

/** A file that was written. */
interface Written {
  readonly file: string;
  readonly pictures?: number;
  readonly students?: number;
  readonly bytes: number;
}

/** Objects that are read at the same time: S3 answers one after some 20 ms. */
const atOnce = 16;

/**
 * Writes the avatars into a ZIP file, and all students' states into a CSV file.
 *
 * @returns the exit status
 */
export function exportAvatars(options: ExportOptions): Promise<number> {
  return withHeld(options.place, async (target) => {
    const from = await openDestination(target);
    try {
      return await write(from, options);
    } finally {
      from.close();
    }
  });
}

async function write(from: Destination, { zip, csv, size, names, since, json }: ExportOptions): Promise<number> {
  const registered: AvatarRow[] = [];
  for await (const row of everyAvatar(from.dynamodb, from.avatarTable)) registered.push(row);
  registered.sort((a, b) => (a.studentId < b.studentId ? -1 : 1));
  const wanted = registered.filter(({ processedAt }) => since === undefined || new Date(processedAt) >= since);
  const pictures = wanted.flatMap((row) => pictureOf(row, size) ?? []);
  const without = wanted.filter((row) => pictureOf(row, size) === undefined).map(({ studentId }) => studentId);
  const paths = namesOf(names, pictures);
  const inZip = new Map<string, string>();
  const files: Written[] = [];
  if (zip !== undefined) {
    const bytes = await writeZip(zip, noted(entriesOf(pictures, paths, from), inZip));
    files.push({ file: zip, pictures: inZip.size, bytes });
  }
  if (csv !== undefined) {
    try {
      const rows = await tableOf(registered, everyUpload(from.dynamodb, from.uploadTable), inZip);
      // The byte order mark: without it, Excel reads UTF-8 as the system's own encoding.
      const text = `\ufeff${csvText(rows, { newline: "\r\n" })}`;
      writeNew(csv, text, "name another file, or move this one away");
      files.push({ file: csv, students: rows.length - 1, bytes: Buffer.byteLength(text) });
    } catch (error) {
      if (zip !== undefined) rmSync(zip, { force: true });
      throw error;
    }
  }
  report(files, without, size, json);
  return without.length === 0 ? 0 : 2;
}

/** Notes the path of each student's picture as it passes. */
async function* noted(pictures: AsyncIterable<Picture>, paths: Map<string, string>): AsyncGenerator<ZipEntry> {
  for await (const picture of pictures) {
    paths.set(picture.studentId, picture.path);
    yield picture;
  }
}

/** The facts of an avatar's picture of a size; undefined if it has none. */
function pictureOf({ studentId, uploadId, thumbnails }: AvatarRow, size: number | undefined): Named | undefined {
  const sizes = Object.keys(thumbnails).map(Number);
  const chosen = size ?? Math.max(...sizes);
  return sizes.includes(chosen) ? { student_id: studentId, upload_id: uploadId, size: chosen } : undefined;
}

/** Reads the pictures, some ahead, in the given order. A student who is erased in the meantime is left out. */
async function* entriesOf(
  pictures: readonly Named[],
  paths: readonly string[],
  from: Destination,
): AsyncGenerator<Picture> {
  const ahead: Promise<Picture | undefined>[] = [];
  for (let next = 0; next < pictures.length || ahead.length > 0;) {
    while (ahead.length < atOnce && next < pictures.length) {
      const [picture, path] = [pictures[next], paths[next]];
      next += 1;
      if (picture === undefined || path === undefined) continue;
      const entry = readPicture(picture, path, from);
      // A failure is reported when its turn comes.
      entry.catch(() => undefined);
      ahead.push(entry);
    }
    const entry = await ahead.shift();
    if (entry !== undefined) yield entry;
  }
}

async function readPicture(picture: Named, path: string, from: Destination): Promise<Picture | undefined> {
  const row = await getAvatar(from.dynamodb, from.avatarTable, picture.student_id);
  const key = row?.thumbnails[String(picture.size)];
  if (row === undefined || key === undefined) return undefined;
  const bytes = await readThumbnail(from.s3, from.photoBucket, key);
  if (bytes !== undefined) return { studentId: row.studentId, path, bytes, modified: new Date(row.processedAt) };
  // The avatar was replaced between the two reads: its row names the new one by now.
  const again = await getAvatar(from.dynamodb, from.avatarTable, picture.student_id);
  return again === undefined || again.uploadId === row.uploadId ? undefined : readPicture(picture, path, from);
}

function report(files: readonly Written[], without: readonly string[], size: number | undefined, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ files, without })}\n`);
    return;
  }
  for (const { file, pictures, students, bytes } of files) {
    const what = pictures === undefined ? countOf(students ?? 0, "student") : countOf(pictures, "picture");
    process.stdout.write(`${file}: ${what}, ${Math.ceil(bytes / 1000).toLocaleString("en")} kB\n`);
  }
  if (without.length === 0) return;
  process.stderr.write(
    `Without a picture of ${size ?? "any"} pixels, and left out: ${without.join(", ")}. Choose another --size.\n`,
  );
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
