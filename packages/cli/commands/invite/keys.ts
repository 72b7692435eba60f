import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { invitationHeader, writeClaims, type Claims } from "../../../../handlers/contract/invitations";
import { cannotRead } from "../../system-errors";
import { usageError } from "../../usage-error";
import { writeNew } from "../../write-new";

/**
 * Generates a pair of keys: writes the private key to a file, and prints the public key for the stack.
 *
 * @returns the exit status
 */
export function keygen(path: string): 0 {
  if (existsSync(path)) {
    throw usageError(
      `${path} is there already, and links signed with it would be worth nothing with another key; ` +
        "name another file with --key, or move that one away.",
    );
  }
  let { privateKey } = generateKeyPairSync("ed25519");
  // One public key in 64 begins with a dash, and the Pulumi CLI would read it as a flag.
  while (publicKeyOf(privateKey).startsWith("-")) ({ privateKey } = generateKeyPairSync("ed25519"));
  const fix = "make its folder first, or name another file with --key";
  writeNew(path, privateKey.export({ format: "pem", type: "pkcs8" }).toString(), fix);
  process.stdout.write(
    `The private key is in ${path}. Keep it: whoever has it can invite. It is not needed on AWS.\n` +
      `The public key, for the stack:\n\n` +
      `  pulumi config set avatar-pipeline:access invite\n` +
      `  pulumi config set avatar-pipeline:invitationKey ${publicKeyOf(privateKey)}\n\n` +
      `Or, to try it on this machine:\n\n` +
      `  npx avatar-pipeline local --config access=invite --config invitationKey=${publicKeyOf(privateKey)}\n`,
  );
  return 0;
}

/** The public key as the stack holds it: 32 bytes in base64url. */
export function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
}

/** @throws Error if the file holds no private key of the type that the stack accepts */
export function readKey(path: string): KeyObject {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    throw cannotRead(path, error, "make one with avatar-pipeline invite keygen, or name yours with --key");
  }
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new Error(`${path} holds no Ed25519 private key; make one with avatar-pipeline invite keygen.`);
}

/** Signs an invitation: a JSON Web Token, as handlers/api/invitation reads it. */
export function signInvitation(invitation: Claims, privateKey: KeyObject): string {
  const signed = `${invitationHeader}.${Buffer.from(writeClaims(invitation)).toString("base64url")}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}
