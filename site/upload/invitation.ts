import { readClaims } from "../../handlers/contract/invitations";

/** The link's data about the student, for the page to show; the API verifies them. */
export interface Invitation {
  readonly token: string;
  readonly studentId: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The tab's record of its invitation; pages of several pipelines can have one origin. */
const shelf = () => `invitation ${location.pathname}`;

/**
 * Takes the invitation out of the address, so that neither the history of a shared machine nor a picture of the screen
 * has it, and keeps it for the tab: a reload finds it there. A link in the address counts more than the one that is
 * kept. A link that cannot be kept or read stays in the address, as a reload would not find it elsewhere.
 */
export function takeInvitation(): Invitation | "broken" | undefined {
  const given = invitationIn(location.hash);
  try {
    if (given === undefined) return invitationIn(sessionStorage.getItem(shelf()) ?? "");
    if (given === "broken") return given;
    sessionStorage.setItem(shelf(), location.hash);
  } catch {
    // The browser keeps nothing for this page.
    return given;
  }
  history.replaceState(history.state, "", location.pathname + location.search);
  return given;
}

/** Reads the invitation in the address; `broken` if it cannot be read. */
function invitationIn(hash: string): Invitation | "broken" | undefined {
  const token = /^#invite=(.+)$/.exec(hash)?.[1];
  if (token === undefined) return undefined;
  try {
    const parts = /^[\w-]+\.([\w-]+)\.[\w-]{86}$/.exec(token);
    const claims = readClaims(new TextDecoder().decode(bytesOf(parts?.[1] ?? "")));
    if (claims === undefined) return "broken";
    const { studentId, name, email, expires } = claims;
    return { token, studentId, name, email, expires: expires * 1000 };
  } catch {
    return "broken";
  }
}

/**
 * Whether the school has not signed this, as far as this browser can tell: Ed25519 came to browsers between 2023 and
 * 2025, and only to pages over HTTPS. If it is missing, the API refuses the link when the photo is sent.
 *
 * @param publicKey 32 bytes in base64url
 */
export async function isForged({ token }: Invitation, publicKey: string): Promise<boolean> {
  const dot = token.lastIndexOf(".");
  const algorithm = "Ed25519";
  try {
    const key = await crypto.subtle.importKey("raw", bytesOf(publicKey), algorithm, false, ["verify"]);
    const said = new TextEncoder().encode(token.slice(0, dot));
    return !(await crypto.subtle.verify(algorithm, key, bytesOf(token.slice(dot + 1)), said));
  } catch {
    return false;
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const base64 = base64url.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
