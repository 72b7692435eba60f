/** What the link says of the student, for the page to show; whether it is true, the API judges. */
export interface Invitation {
  readonly token: string;
  readonly studentId: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Reads the invitation in the address; `broken` when there is one that says nothing. */
export function invitationIn(hash: string): Invitation | "broken" | undefined {
  const token = /^#invite=(.+)$/.exec(hash)?.[1];
  if (token === undefined) return undefined;
  try {
    const base64 = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { sub, name, email, exp } = claims;
    if (typeof sub !== "string" || typeof exp !== "number" || !/^[\w.-]+$/.test(token)) return "broken";
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return { token, studentId: sub, name: text(name), email: text(email), expires: exp * 1000 };
  } catch {
    return "broken";
  }
}
