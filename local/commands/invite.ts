import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Papa from "papaparse";
import { invitationHeader, type Invitation } from "../../handlers/api/invitation";
import { isEmail, isStudentId } from "../../handlers/lib/student";
import { cannotRead, cannotWrite, messageOfError } from "./system-errors";
import { readOptions } from "./usage";

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
  const { fields, rows } = readStudents(csvPath);
  const links = rows.map((row, index) => {
    const invitation = invitationFrom(row, index + 2, expires);
    return { ...row, link: `${url}#invite=${signInvitation(invitation, privateKey)}` };
  });
  const csv = Papa.unparse({ fields: [...fields.filter((field) => field !== "link"), "link"], data: links });
  if (options.out === undefined) return say(csv + "\n");
  writeNew(options.out, csv + "\n", "make its folder first, or name another file with --out");
  process.stderr.write(`${links.length} links, good until ${new Date(expires * 1000).toISOString()}: ${options.out}\n`);
  return 0;
}

/** Signs an invitation: a JSON Web Token, as handlers/api/invitation reads it. */
export function signInvitation(invitation: Invitation, privateKey: KeyObject): string {
  const { studentId, name, email, expires } = invitation;
  const claims = { sub: studentId, ...(name ? { name } : {}), ...(email ? { email } : {}), exp: expires };
  const signed = `${invitationHeader}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
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

type Row = Readonly<Record<string, string>>;

function readStudents(path: string): { fields: readonly string[]; rows: readonly Row[] } {
  const text = readText(path, "name a CSV file of students");
  const { data, meta, errors } = Papa.parse<Row>(text, {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (header) => header.trim(),
    transform: (value) => value.trim(),
  });
  const broken = errors.find(({ type }) => type !== "Delimiter");
  if (broken !== undefined) throw new Error(`${path}, line ${(broken.row ?? 0) + 2}: ${broken.message}.`);
  const fields = meta.fields ?? [];
  if (!fields.includes(columns.studentId)) {
    throw new Error(`${path} has the columns ${fields.join(", ")}, but needs one that is called student_id.`);
  }
  if (data.length === 0) throw new Error(`${path} names no student; add one line for each below the header.`);
  const ids = data.map((row) => row[columns.studentId]);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice >= 0) throw new Error(`${path}, line ${twice + 2}: student_id "${ids[twice]}" is there twice.`);
  return { fields, rows: data };
}

function invitationFrom(row: Row, line: number, expires: number): Invitation {
  const studentId = row[columns.studentId] ?? "";
  const name = row[columns.name] ?? "";
  const email = row[columns.email] ?? "";
  if (!isStudentId(studentId)) {
    throw new Error(
      `Line ${line}: student_id is "${studentId}", but must have 1 to 64 of the characters A-Z a-z 0-9 _ . -.`,
    );
  }
  if (email !== "" && !isEmail(email)) throw new Error(`Line ${line}: email is "${email}", but is no e-mail address.`);
  if (name.length > 200) throw new Error(`Line ${line}: name has ${name.length} characters, but at most 200 fit.`);
  return { studentId, expires, ...(name === "" ? {} : { name }), ...(email === "" ? {} : { email }) };
}
