import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { cannotRead } from "./system-errors";
import { refuseSource, usageError } from "./usage-error";

export interface CsvRecord {
  /** In the order of the columns, without the blanks around them. */
  readonly fields: readonly string[];
  /** Where it begins in the file, from 1: a quoted field may run over several lines. */
  readonly line: number;
  /** Why its fields cannot be trusted to be those of the columns. */
  readonly problem?: string;
}

export interface Csv {
  readonly header: readonly string[];
  /** Those below the header that have anything in them. */
  readonly records: readonly CsvRecord[];
  /** What stands between the fields. */
  readonly delimiter: string;
  /** The field of a column; empty where the record or the file has none. */
  field(record: CsvRecord, column: string): string;
}

/**
 * Reads a CSV file as spreadsheets write it: UTF-8, with or without a byte order mark, or UTF-16 with one, which they
 * call Unicode text; with commas, semicolons or tabs between its fields.
 *
 * @param columns.required must be there once, the optional ones at most once
 * @throws UsageError when it cannot be read, is in another encoding, lacks a column or ends within a quoted field
 */
export function readCsv(
  path: string,
  columns: { readonly required: readonly string[]; readonly optional?: readonly string[] },
): Csv {
  const { data, errors, meta } = Papa.parse<string[]>(textOf(path));
  const broken = errors.filter(({ type }) => type !== "Delimiter");
  const lines = linesOf(data);
  refuseSource(
    path,
    broken.map(({ row, message }) => `line ${lines[row ?? 0] ?? 1}: ${message}.`),
  );
  const [first, ...rest] = data
    .map((fields, index) => ({ fields: fields.map((field) => field.trim()), line: lines[index] ?? 1 }))
    .filter(({ fields }) => fields.some((field) => field !== ""));
  const header = first?.fields ?? [];
  checkColumns(path, header, columns.required, columns.optional ?? []);
  return {
    header,
    delimiter: meta.delimiter,
    records: rest.map((record) => {
      // A comma within a name that nobody quoted moves all that follows it.
      if (!record.fields.slice(header.length).some((field) => field !== "")) return record;
      const counts = `there are ${record.fields.length} fields, and the header has ${header.length}`;
      return { ...record, problem: `${counts}; quote a field that has a comma in it.` };
    }),
    field: ({ fields }, column) => fields[header.indexOf(column)] ?? "",
  };
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw cannotRead(path, error, "name another CSV file");
    throw usageError(`${path} is no UTF-8 text; save it as "CSV UTF-8".`);
  }
}

/** Where each record begins. */
function linesOf(data: readonly (readonly string[])[]): readonly number[] {
  const lines: number[] = [];
  let line = 1;
  for (const fields of data) {
    lines.push(line);
    line += 1 + (fields.join("").match(/\r\n|\r|\n/g)?.length ?? 0);
  }
  return lines;
}

function checkColumns(
  path: string,
  header: readonly string[],
  required: readonly string[],
  optional: readonly string[],
): void {
  for (const column of [...required, ...optional]) {
    const count = header.filter((name) => name === column).length;
    if (count === 1 || (count === 0 && optional.includes(column))) continue;
    const what = header.length === 0 ? "is empty" : `has the columns ${header.join(", ")}`;
    throw usageError(`${path} ${what}, but needs ${count === 0 ? "one" : "only one"} that is called ${column}.`);
  }
}
