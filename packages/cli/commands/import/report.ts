import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import Papa from "papaparse";
import { csvText, plainField } from "../../csv";
import { cannotRead, cannotWrite } from "../../system-errors";
import { usageError } from "../../usage-error";

/** The report's columns, in their order. */
const columns = [
  "student_id",
  "photo",
  "outcome",
  "step",
  "reason",
  "message",
  "upload_id",
  "processed_at",
  "sha256",
  "pipeline",
] as const;

/**
 * The report's row of one photo. All fields are texts as in the file, empty if there is no value.
 *
 * The outcome is `sent` from before the upload until the photo has ended: a run that is killed in between leaves it,
 * and the next run continues that upload instead of sending the photo again.
 */
export interface ReportRow {
  readonly student_id: string;
  readonly photo: string;
  readonly outcome: "accepted" | "rejected" | "failed" | "sent";
  readonly step: string;
  readonly reason: string;
  readonly message: string;
  readonly upload_id: string;
  /** ISO 8601, UTC. */
  readonly processed_at: string;
  /** The hash of the photo's bytes, in hexadecimal. */
  readonly sha256: string;
  /** The pipeline that it was imported into. */
  readonly pipeline: string;
}

export interface Report {
  readonly file: string;
  /** Finds the row of a student's photo with this content; undefined if there is none. */
  find(studentId: string, photo: string, sha256: string): ReportRow | undefined;
  /** Appends the row; it is on disk when this returns. */
  record(row: ReportRow): void;
  /** Keeps one row for each photo, in the given order, followed by the rows of other photos. */
  close(photos: readonly { readonly studentId: string; readonly photo: string }[]): void;
}

/**
 * Opens a report, and creates it if it is missing. A last line that a kill has cut short is dropped.
 *
 * @param pipeline the pipeline that photos are imported into
 * @throws UsageError if the file is not a report, or belongs to another pipeline, whose photos this one does not have
 */
export function openReport(file: string, pipeline: string): Report {
  const rows = new Map<string, ReportRow>();
  for (const row of existsSync(file) ? readRows(file) : []) {
    if (row.pipeline !== pipeline) {
      throw usageError(
        `${file} is the report of an import into ${row.pipeline}, and this one goes into ${pipeline}; name another with --report.`,
      );
    }
    rows.set(keyOf(row.student_id, row.photo), row);
  }
  let descriptor: number;
  try {
    replace(file, [...rows.values()]);
    descriptor = openSync(file, "a");
  } catch (error) {
    throw cannotWrite(`The report ${file}`, error, "name another with --report");
  }
  return {
    file,
    find(studentId, photo, sha256) {
      const row = rows.get(keyOf(studentId, photo));
      return row?.sha256 === sha256 ? row : undefined;
    },
    record(row) {
      rows.set(keyOf(row.student_id, row.photo), row);
      writeSync(descriptor, textOf([row]));
      fsyncSync(descriptor);
    },
    close(photos) {
      closeSync(descriptor);
      const first = photos.map(({ studentId, photo }) => keyOf(studentId, photo));
      const keys = new Set([...first, ...rows.keys()]);
      replace(
        file,
        [...keys].flatMap((key) => rows.get(key) ?? []),
      );
    },
  };
}

/**
 * Neither half can have a NUL: one is an id, the other a path. A path has one key whether its letters are composed or
 * decomposed.
 */
function keyOf(studentId: string, photo: string): string {
  return `${studentId}\0${photo.normalize("NFC")}`;
}

function readRows(file: string): readonly ReportRow[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw cannotRead(`The report ${file}`, error, "name another with --report");
  }
  // A spreadsheet may have saved the file, with its own line ends and separators.
  const { data, errors, meta } = Papa.parse<string[]>(text, { skipEmptyLines: true });
  if (data.length === 0) return [];
  const isWhole = text.endsWith(meta.linebreak) && !errors.some(({ type }) => type === "Quotes");
  const [header = [], ...all] = data;
  const missing = columns.find((column) => !header.includes(column));
  if (missing !== undefined) {
    throw usageError(`${file} is no report of an import: it has no column ${missing}. Name another with --report.`);
  }
  const whole = isWhole ? all : all.slice(0, -1);
  return whole.map((fields) => {
    const entries = columns.map((column) => [column, plainField(fields[header.indexOf(column)] ?? "")] as const);
    return Object.fromEntries(entries) as unknown as ReportRow;
  });
}

function textOf(rows: readonly ReportRow[]): string {
  return csvText(
    rows.map((row) => columns.map((column) => row[column])),
    { newline: "\n" },
  );
}

/** Atomic: an interruption leaves the old file or the new one. */
function replace(file: string, rows: readonly ReportRow[]): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${columns.join(",")}\n${textOf(rows)}`, { flush: true });
  renameSync(fresh, file);
}
