import { isEmail, isStudentId } from "./students";

/** What an invitation says of its student: the same rule for the API, which checks the signature, and for the page. */
export interface Claims {
  readonly studentId: string;
  readonly name?: string;
  readonly email?: string;
  /** Seconds since 1970, UTC. */
  readonly expires: number;
}

/** The longest name that fits, in UTF-16 code units; the command line writes no longer one. */
export const maxNameLength = 200;

/**
 * Reads the payload of an invitation's token. A good signature says that the school wrote it, not that what it wrote is
 * right: schools sign with programs of their own as well. A name or an address that breaks its rule is left out, for the
 * student can do without; an id or an end of validity that does is no invitation, for nothing could stand in for them.
 *
 * @returns undefined when the payload is no invitation, be it even no JSON
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
  // JSON's 1e999 is Infinity: such a link would be good for ever.
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
