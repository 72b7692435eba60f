import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { cannotRead } from "./system-errors";
import { refuseSource, usageError } from "./usage-error";

export interface CsvRecord {
  /** In the order of the columns, without surrounding blanks. */
  readonly fields: readonly string[];
  /** The record's first line in the file, from 1: a quoted field may span several lines. */
  readonly line: number;
  /** The reason why its fields may not belong to the columns. */
  readonly problem?: string;
}

export interface Csv {
  readonly header: readonly string[];
  /** The non-empty records below the header. */
  readonly records: readonly CsvRecord[];
  /** The character between the fields. */
  readonly delimiter: string;
  /** The field of a column; empty if the record or the file has none. */
  field(record: CsvRecord, column: string): string;
}

/**
 * Reads a CSV file as spreadsheets write it: UTF-8, with or without a byte order mark, or UTF-16 with one, which they
 * call Unicode text; with commas, semicolons or tabs between the fields.
 *
 * @param columns.required must occur once, the optional ones at most once
 * @throws UsageError if the file cannot be read, has another encoding, lacks a column or ends within a quoted field
 */
export function readCsv(
  path: string,
  columns: { readonly required: readonly string[]; readonly optional?: readonly string[] },
): Csv {
  const text = textOf(path);
  const delimiter = delimiterOf(text, [...columns.required, ...(columns.optional ?? [])]);
  const { data, errors: broken } = Papa.parse<string[]>(text, { delimiter });
  const lines = linesOf(data);
  refuseSource(
    path,
    broken.map(({ row, message }) => `line ${lines[row ?? 0] ?? 1}: ${message}.`),
  );
  const [first, ...rest] = data
    .map((fields, index) => ({
      fields: fields.map((field) => plainField(field.trim()).normalize("NFC")),
      line: lines[index] ?? 1,
    }))
    .filter(({ fields }) => fields.some((field) => field !== ""));
  const header = first?.fields ?? [];
  checkColumns(path, header, columns.required, columns.optional ?? []);
  return {
    header,
    delimiter,
    records: rest.map((record) => {
      // An unquoted comma within a name shifts all fields after it.
      if (!record.fields.slice(header.length).some((field) => field !== "")) return record;
      const counts = `there are ${record.fields.length} fields, and the header has ${header.length}`;
      return { ...record, problem: `${counts}; quote a field that has a comma in it.` };
    }),
    field: ({ fields }, column) => fields[header.indexOf(column)] ?? "",
  };
}

/**
 * Chosen by the header alone, whose names are known: the delimiter that yields the most of these names, else the most
 * fields. The lines below it may be few, and contain any of these characters.
 */
function delimiterOf(text: string, names: readonly string[]): string {
  const choices = [",", ";", "\t"].map((delimiter) => {
    const { data } = Papa.parse<string[]>(text, { delimiter, preview: 1, skipEmptyLines: "greedy" });
    const header = (data[0] ?? []).map((name) => name.trim());
    return { delimiter, known: header.filter((name) => names.includes(name)).length, fields: header.length };
  });
  const [best] = choices.sort((a, b) => b.known - a.known || b.fields - a.fields);
  return best?.delimiter ?? ",";
}

/** Removes the mark that {@link csvText} puts before a field that a spreadsheet would read as a formula. */
export function plainField(field: string): string {
  return /^'[=+\-@\t\r]/.test(field) ? field.slice(1) : field;
}

/** Rows as text, in which no spreadsheet reads a field as a formula. */
export function csvText(
  rows: readonly (readonly string[])[],
  options: { readonly delimiter?: string; readonly newline: "\n" | "\r\n" },
): string {
  return rows.length === 0
    ? ""
    : `${Papa.unparse(rows as string[][], { ...options, escapeFormulae: true })}${options.newline}`;
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

/** The first line of each record. */
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
