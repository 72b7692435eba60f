import { createPublicKey, verify } from "node:crypto";
import { invitationHeader, readClaims, type Claims } from "../contract/invitations";
import type { Setting } from "../runtime/settings";
import { refusal, type HttpRequest } from "./http";

/**
 * Invitations: the school decides who may upload, without a list in the stack.
 *
 * An invitation is a JSON Web Token signed with Ed25519 (RFC 8037): the school keeps the private key, the stack holds
 * the public one, so that nobody who reads the stack can invite. It travels in a link's fragment, which browsers never
 * send to a server, and from there in the Authorization header.
 */
/** The access to the upload API. */
export type Access =
  /** Anybody who knows the page. */
  | { readonly mode: "open" }
  /** Holders of an invitation; the key is 32 bytes in base64url. */
  | { readonly mode: "invite"; readonly publicKey: string };

/**
 * Reads a token with a good signature; undefined if the signature is bad or the payload is not an invitation.
 *
 * @param publicKey 32 bytes in base64url
 */
export function readInvitation(token: string, publicKey: string): Claims | undefined {
  const match = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(token);
  if (match === null || token.length > 4096 || match[1] !== invitationHeader) return undefined;
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  const signed = Buffer.from(`${match[1]}.${match[2]}`);
  if (!verify(null, signed, key, Buffer.from(match[3] ?? "", "base64url"))) return undefined;
  return readClaims(Buffer.from(match[2] ?? "", "base64url").toString());
}

/**
 * The invitation that a request carries, as `Authorization: Bearer TOKEN`; undefined if none is needed.
 *
 * @throws a refusal if there is none, or if it was changed or signed with another key
 */
export function invitationOf(request: HttpRequest, access: Access): Claims | undefined {
  if (access.mode === "open") return undefined;
  const header = request.headers?.["authorization"] ?? "";
  if (header === "") throw refusal("invitation-missing");
  const token = /^bearer +(\S+)$/i.exec(header)?.[1];
  const invitation = token === undefined ? undefined : readInvitation(token, access.publicKey);
  if (invitation === undefined) throw refusal("invitation-invalid");
  return invitation;
}

/** The access that a function's environment declares. */
export const access: Setting<Access> = {
  from: "ACCESS",
  also: ["INVITATION_KEY"],
  read: (mode, setting) => (mode === "invite" ? { mode, publicKey: setting("INVITATION_KEY") } : { mode: "open" }),
};
