/** The rules for a student's id and address: the same for the API, the page, the command line and the keys. */

/** The characters of a studentId; it has 1 to 64 of them. */
export const studentIdCharacters = "A-Z a-z 0-9 _ . -";

/** The rule in the words of an error: `must be …`. */
export const studentIdRule = `1 to 64 of ${studentIdCharacters}, and neither "." nor ".."`;

/** Whether a text is a studentId. `.` and `..` are not: too many tools read them as path segments. */
export function isStudentId(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text) && text !== "." && text !== "..";
}

/** Whether an address is of one of the domains. A subdomain counts only if it is listed itself. */
export function isOfDomain(email: string, domains: readonly string[]): boolean {
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  return domains.some((listed) => listed.toLowerCase() === domain);
}

/**
 * Whether a text can be an e-mail address as SES takes it: a dot-atom (RFC 5322), which has no dot at its ends and no
 * two in a row, then `@` and a domain with a dot; at most 254 characters (RFC 5321). No line break or comma, so that it
 * can never name a second recipient.
 */
export function isEmail(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= 254 &&
    /^(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/.test(
      value,
    )
  );
}
