import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Papa from "papaparse";
import { invitationHeader, maxNameLength, writeClaims, type Claims } from "../../../../handlers/contract/invitations";
import { isEmail, isStudentId } from "../../../../handlers/contract/students";
import { complainOf, readCsv } from "../../csv";
import { cannotRead, cannotWrite, messageOfError } from "../../system-errors";
import { readOptions } from "../../command";

/**
 * `avatar-pipeline invite`: the school's side of the invitations. The private key lies in a file of the school's and
 * goes nowhere; the stack gets the public key.
 */
const usage = `Usage:
  avatar-pipeline invite keygen [--key FILE]
      Makes a pair of keys: the private one into FILE (default invitation-key.pem), the public one for the stack.
  avatar-pipeline invite STUDENTS.csv --url URL [--key FILE] [--days N] [--out FILE]
      Writes the CSV with one more column, "link". Columns: student_id, and name and email where there are any.
      URL is the upload page's; links are good for N days (default 30); FILE is the standard output without --out.

Exit status: 0 done, 1 any failure or bad usage.
`;

/** What a student's row must have: the columns by their names. */
const columns = { studentId: "student_id", name: "name", email: "email" } as const;

/**
 * Runs the command.
 *
 * @param argv what follows `avatar-pipeline invite`
 * @returns the exit status: 0 when done, 1 on bad usage or bad input, with one line that says which and nothing written
 */
export async function invite(argv: string[]): Promise<number> {
  try {
    const text = { type: "string" } as const;
    const known = { key: text, url: text, days: text, out: text, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = readOptions("invite", argv, known, "the CSV file");
    if (values.help) return say(usage);
    const key = values.key ?? "invitation-key.pem";
    const [first, ...more] = positionals;
    if (first === undefined) throw usageError("Name a CSV file of students, or keygen");
    if (more.length > 0) throw usageError(`"${more[0]}" is one argument too many`);
    if (first === "keygen") return keygen(key);
    return inviteStudents(first, { key, url: values.url, days: values.days, out: values.out });
  } catch (error) {
    process.stderr.write(`avatar-pipeline invite: ${messageOfError(error)}\n`);
    return 1;
  }
}

function usageError(problem: string): Error {
  return new Error(`${problem}; see avatar-pipeline invite --help.`);
}

function say(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

function keygen(path: string): 0 {
  if (existsSync(path)) {
    throw new Error(
      `${path} is there already, and links signed with it would be worth nothing with another key; ` +
        "name another file with --key, or move that one away.",
    );
  }
  let { privateKey } = generateKeyPairSync("ed25519");
  // One public key in 64 begins with a dash, and the Pulumi CLI would take it for a flag.
  while (publicKeyOf(privateKey).startsWith("-")) ({ privateKey } = generateKeyPairSync("ed25519"));
  const fix = "make its folder first, or name another file with --key";
  writeNew(path, privateKey.export({ format: "pem", type: "pkcs8" }).toString(), fix);
  return say(
    `The private key is in ${path}. Keep it: whoever has it can invite. It is not needed on AWS.\n` +
      `The public key, for the stack:\n\n` +
      `  pulumi config set avatar-pipeline:access invite\n` +
      `  pulumi config set avatar-pipeline:invitationKey ${publicKeyOf(privateKey)}\n\n` +
      `Or, to try it on this machine:\n\n` +
      `  npx avatar-pipeline local --config access=invite --config invitationKey=${publicKeyOf(privateKey)}\n`,
  );
}

/** The public key as the stack holds it: 32 bytes in base64url. */
export function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
}

interface InviteOptions {
  readonly key: string;
  readonly url: string | undefined;
  readonly days: string | undefined;
  readonly out: string | undefined;
}

function inviteStudents(csvPath: string, options: InviteOptions): 0 {
  const url = readUrl(options.url);
  const expires = Math.floor(Date.now() / 1000) + readDays(options.days ?? "30") * 86_400;
  const privateKey = readKey(options.key);
  if (options.out !== undefined && existsSync(options.out)) {
    throw new Error(`${options.out} is there already; name another file with --out, or move that one away.`);
  }
  const { header, lines, delimiter } = readStudents(csvPath, expires);
  // Links of an earlier run are written anew.
  const kept = header.flatMap((column, index) => (column === "link" ? [] : [index]));
  const table = lines.map(({ fields, invitation }) => [
    ...kept.map((index) => fields[index] ?? ""),
    `${url}#invite=${signInvitation(invitation, privateKey)}`,
  ]);
  const head = [...kept.map((index) => header[index] ?? ""), "link"];
  // In the separators that came, which are those that the school's spreadsheet reads.
  const csv = `${Papa.unparse([head, ...table], { delimiter })}\r\n`;
  if (options.out === undefined) return say(csv);
  // Without a byte order mark a spreadsheet takes a file for one of the computer's own code page.
  writeNew(options.out, `\uFEFF${csv}`, "make its folder first, or name another file with --out");
  process.stderr.write(
    `${links(lines.length)}, good until ${new Date(expires * 1000).toISOString()}: ${options.out}\n`,
  );
  return 0;
}

function links(count: number): string {
  return count === 1 ? "1 link" : `${count} links`;
}

/** Signs an invitation: a JSON Web Token, as handlers/api/invitation reads it. */
export function signInvitation(invitation: Claims, privateKey: KeyObject): string {
  const signed = `${invitationHeader}.${Buffer.from(writeClaims(invitation)).toString("base64url")}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

function readUrl(text: string | undefined): string {
  if (text === undefined) throw usageError("--url is missing: the address of the upload page");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== "") {
    throw new Error(`--url is "${text}", but must be the upload page's address, as https://photos.school.example/.`);
  }
  return url.href;
}

function readDays(text: string): number {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > 3650) {
    throw new Error(`--days is "${text}", but must be a whole number from 1 to 3650.`);
  }
  return days;
}

function readKey(path: string): KeyObject {
  const pem = readText(path, "make one with avatar-pipeline invite keygen, or name yours with --key");
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new Error(`${path} holds no Ed25519 private key; make one with avatar-pipeline invite keygen.`);
}

function readText(path: string, remedy: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw cannotRead(path, error, remedy);
  }
}

/** Over nothing that is there, and for its owner alone: a key is the school's, and a link a student's own. */
function writeNew(path: string, text: string, remedy: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw cannotWrite(path, error, remedy);
  }
}

interface Students {
  /** The file's columns, and what each student's line has in them. */
  readonly header: readonly string[];
  readonly lines: readonly { readonly fields: readonly string[]; readonly invitation: Claims }[];
  readonly delimiter: string;
}

function readStudents(path: string, expires: number): Students {
  const { studentId, name, email } = columns;
  const csv = readCsv(path, { required: [studentId], optional: [name, email] });
  if (csv.records.length === 0) throw new Error(`${path} names no student; add one line for each below the header.`);
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
  complainOf(path, problems);
  return { header: csv.header, lines, delimiter: csv.delimiter };
}

function problemsOf(studentId: string, name: string, email: string): readonly string[] {
  return [
    ...(isStudentId(studentId)
      ? []
      : [`student_id is "${studentId}", but must be 1 to 64 of A-Z a-z 0-9 _ . -, and neither "." nor "..".`]),
    ...(name.length <= maxNameLength ? [] : [`name has ${name.length} characters, but at most ${maxNameLength} fit.`]),
    ...(email === "" || isEmail(email) ? [] : [`email is "${email}", but is no e-mail address.`]),
  ];
}
