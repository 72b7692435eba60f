import { existsSync } from "node:fs";
import { maxNameLength, type Claims } from "../../../../handlers/contract/invitations";
import { isEmail, isStudentId, studentIdRule } from "../../../../handlers/contract/students";
import { csvText, readCsv } from "../../csv";
import { refuseSource, usageError } from "../../usage-error";
import { writeNew } from "../../write-new";
import { readKey, signInvitation } from "./keys";

/** The columns of the CSV by their names. */
const columns = { studentId: "student_id", name: "name", email: "email" } as const;

export interface InviteOptions {
  /** The private key's file. */
  readonly key: string;
  /** The upload page's address. */
  readonly url: string;
  /** The days for which the links are valid. */
  readonly days: number;
  /** The CSV's file; by default the standard output. */
  readonly out: string | undefined;
}

/**
 * Writes the CSV of students with each student's link.
 *
 * @returns the exit status
 */
export function inviteStudents(csvPath: string, options: InviteOptions): 0 {
  const expires = Math.floor(Date.now() / 1000) + options.days * 86_400;
  const privateKey = readKey(options.key);
  if (options.out !== undefined && existsSync(options.out)) {
    throw usageError(`${options.out} is there already; name another file with --out, or move that one away.`);
  }
  const { header, lines, delimiter } = readStudents(csvPath, expires);
  // Links of an earlier run are replaced.
  const kept = header.flatMap((column, index) => (column === "link" ? [] : [index]));
  const table = lines.map(({ fields, invitation }) => [
    ...kept.map((index) => fields[index] ?? ""),
    `${options.url}#invite=${signInvitation(invitation, privateKey)}`,
  ]);
  const head = [...kept.map((index) => header[index] ?? ""), "link"];
  // With the input's separators, which the school's spreadsheet reads.
  const csv = csvText([head, ...table], { delimiter, newline: "\r\n" });
  if (options.out === undefined) {
    process.stdout.write(csv);
    return 0;
  }
  // Without a byte order mark a spreadsheet reads a file in the computer's own code page.
  writeNew(options.out, `\uFEFF${csv}`, "make its folder first, or name another file with --out");
  process.stderr.write(
    `${links(lines.length)}, good until ${new Date(expires * 1000).toISOString()}: ${options.out}\n`,
  );
  return 0;
}

function links(count: number): string {
  return count === 1 ? "1 link" : `${count} links`;
}

interface Students {
  /** The file's columns, and each student's fields in them. */
  readonly header: readonly string[];
  readonly lines: readonly { readonly fields: readonly string[]; readonly invitation: Claims }[];
  readonly delimiter: string;
}

function readStudents(path: string, expires: number): Students {
  const { studentId, name, email } = columns;
  const csv = readCsv(path, { required: [studentId], optional: [name, email] });
  if (csv.records.length === 0) throw usageError(`${path} names no student; add one line for each below the header.`);
  const problems: string[] = [];
  const lineOf = new Map<string, number>();
  const lines = csv.records.map((record) => {
    const [id, ofName, ofEmail] = [csv.field(record, studentId), csv.field(record, name), csv.field(record, email)];
    const before = lineOf.get(id);
    const found =
      record.problem !== undefined
        ? [record.problem]
        : [
            ...(before === undefined
              ? []
              : [`student_id "${id}" is in line ${before} already; one student, one link.`]),
            ...problemsOf(id, ofName, ofEmail),
          ];
    problems.push(...found.map((problem) => `line ${record.line}: ${problem}`));
    if (isStudentId(id) && before === undefined) lineOf.set(id, record.line);
    const optional = { ...(ofName === "" ? {} : { name: ofName }), ...(ofEmail === "" ? {} : { email: ofEmail }) };
    return { fields: record.fields, invitation: { studentId: id, expires, ...optional } };
  });
  refuseSource(path, problems);
  return { header: csv.header, lines, delimiter: csv.delimiter };
}

function problemsOf(studentId: string, name: string, email: string): readonly string[] {
  const isAddress: boolean = email === "" || isEmail(email);
  return [
    ...(isStudentId(studentId) ? [] : [`student_id is "${studentId}", but must be ${studentIdRule}.`]),
    ...(name.length <= maxNameLength ? [] : [`name has ${name.length} characters, but at most ${maxNameLength} fit.`]),
    ...(isAddress ? [] : [`email is "${email}", but is no e-mail address.`]),
  ];
}
