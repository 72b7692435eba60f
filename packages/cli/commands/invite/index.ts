import { defineCommand, option } from "../../command";
import { usageError } from "../../usage-error";

const defaultKey = "invitation-key.pem";
const defaultDays = "30";

/** The school's side of the invitations: the private key stays in the school's file, the stack gets the public key. */
export const invite = defineCommand({
  name: "invite",
  summary: "Makes the keys and the links that invite students to upload.",
  synopses: ["keygen [--key FILE]", "STUDENTS.csv --url URL [--key FILE] [--days N] [--out FILE]"],
  description: [
    "Makes a pair of keys: the private one into a file, the public one for the stack. Or writes a CSV of students with " +
      "one more column, link.",
  ],
  operands: {
    least: 1,
    most: 1,
    called: "the CSV file",
    rule: "invite takes one CSV file of students, or keygen",
    help: {
      keygen: "Makes the keys.",
      "STUDENTS.csv": "With the column student_id, and name and email where there are any.",
    },
  },
  options: {
    url: option("URL", "The address of the upload page, which the links lead to.", readUrl),
    key: option("FILE", `The private key, default ${defaultKey}.`, (text = defaultKey) => text),
    days: option("N", `Links are good for so many days, 1 to 3650, default ${defaultDays}.`, readDays),
    out: option("FILE", "The CSV with the links, by default the standard output.", (text) => text),
  },
  exits: [
    [0, "done"],
    [1, "any failure or bad usage"],
  ],
  check: ({ has, operands: [first] }) =>
    first === undefined || first === "keygen" || has("url")
      ? []
      : ["--url is missing: the address of the upload page; see avatar-pipeline invite --help."],
  async run({ values, operands: [first = ""] }) {
    const { url = "", ...options } = values;
    if (first === "keygen") return (await import("./keys.js")).keygen(options.key);
    return (await import("./students.js")).inviteStudents(first, { ...options, url });
  },
});

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hash === "") return url.href;
  throw usageError(`--url is "${text}", but must be the upload page's address, as https://photos.school.example/.`);
}

function readDays(text = defaultDays): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= 3650) return days;
  throw usageError(`--days is "${text}", but must be a whole number from 1 to 3650.`);
}
