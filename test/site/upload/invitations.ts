import { generateKeyPairSync } from "node:crypto";
import { publicKeyOf, signInvitation } from "../../../packages/cli/commands/invite/keys";

const { privateKey } = generateKeyPairSync("ed25519");

/** The access of a school with invitations, by a key of this run. */
export const access = { mode: "invite" as const, publicKey: publicKeyOf(privateKey) };

export const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
export const an = { studentId: "SV001", name: "Nguyễn Văn An", email: "an@truong.edu.vn", expires: tomorrow };

/** The link that the school sends to a student. */
export function linkTo(url: string, invitation = an, key = privateKey): string {
  return `${url}#invite=${signInvitation(invitation, key)}`;
}
