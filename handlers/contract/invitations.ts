import { isEmail, isStudentId } from "./students";

/**
 * An invitation is a JSON Web Token, `header.payload.signature`. Its header is always this one, `{"alg":"EdDSA",
 * "typ":"JWT"}` in base64url: a token that names another algorithm is not one of ours.
 */
export const invitationHeader = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9";

/** The content of an invitation: the same rule for the API, which checks the signature, and for the page. */
export interface Claims {
  readonly studentId: string;
  readonly name?: string;
  readonly email?: string;
  /** Seconds since 1970, UTC. */
  readonly expires: number;
}

/** The longest name that fits, in UTF-16 code units; the command line writes none that is longer. */
export const maxNameLength = 200;

/** The payload of an invitation's token, as {@link readClaims} reads it. */
export function writeClaims({ studentId, name, email, expires }: Claims): string {
  return JSON.stringify({ sub: studentId, name: name || undefined, email: email || undefined, exp: expires });
}

/**
 * Reads the payload of an invitation's token. A good signature proves that the school wrote it, not that its content is
 * right: schools sign with programs of their own as well. A name or an address that breaks its rule is left out, since
 * the student can do without it; if the id or the end of validity breaks its rule, the payload is not an invitation.
 *
 * @returns undefined if the payload is not JSON or not an invitation
 */
export function readClaims(payload: string): Claims | undefined {
  let claims: unknown;
  try {
    claims = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof claims !== "object" || claims === null) return undefined;
  const { sub, name, email, exp } = claims as Record<string, unknown>;
  // JSON's 1e999 is Infinity: such a link would never expire.
  if (typeof sub !== "string" || !isStudentId(sub) || !isSafeInteger(exp)) return undefined;
  return {
    studentId: sub,
    expires: exp,
    ...(typeof name === "string" && name.length <= maxNameLength ? { name } : {}),
    ...(isEmail(email) ? { email } : {}),
  };
}

function isSafeInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
