import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import type { Caller, CloudIdentity } from "../gateway/service";
import { operatorKeyId } from "../storage/credentials";

/** The credentials that an SDK client signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Roles have one, the operator has none. */
  readonly sessionToken?: string;
}

export interface Session {
  readonly roleArn: string;
  /** For a function its name, as on Lambda: it ends the caller's ARN. */
  readonly sessionName: string;
  /** Distinguishes the environments of one function, so that a fault can kill the very process that called. */
  readonly environment?: string;
  /** When the credentials expire; absent if never. */
  readonly expiresAt?: Date;
}

/** Credentials that were found, with their owner. */
export interface KnownCredentials extends Credentials {
  readonly caller: Caller;
  readonly expiresAt?: Date;
}

export interface CredentialStore {
  /** The credentials of the person at this machine: `local` and the secret. */
  readonly operator: Credentials;
  /** Credentials of a role. The same session always gets the same ones. */
  issue(session: Session): Credentials;
  /** The credentials of an access key; undefined when the key is unknown or its session token is missing or forged. */
  find(accessKeyId: string, sessionToken?: string): KnownCredentials | undefined;
}

/**
 * Makes the credential store. It keeps nothing: a role's session is part of its signed token, and key and secret derive
 * from that. So a URL presigned before a restart is still valid after it.
 *
 * @param secret the operator's, and the base of the derivation. Whoever knows it may do everything: any page that the
 * user of this machine visits can send requests to the port, and so can every program.
 */
export function createCredentialStore(options: { identity: CloudIdentity; secret: string }): CredentialStore {
  const { identity, secret } = options;
  const operator = { accessKeyId: operatorKeyId, secretAccessKey: secret };
  const hmac = (purpose: string, text: string) => createHmac("sha256", secret).update(`${purpose}\n${text}`).digest();

  function derive(claims: string): Required<Credentials> {
    return {
      accessKeyId: `ASIA${base32(hmac("key", claims)).slice(0, 16)}`,
      secretAccessKey: hmac("secret", claims).toString("base64").slice(0, 40),
      sessionToken: `${Buffer.from(claims).toString("base64")}.${hmac("token", claims).toString("base64url")}`,
    };
  }

  return {
    operator,
    issue({ roleArn, sessionName, environment = "", expiresAt }) {
      return derive(JSON.stringify([roleArn, sessionName, environment, expiresAt?.toISOString() ?? ""]));
    },
    find(accessKeyId, sessionToken) {
      if (accessKeyId === operator.accessKeyId) {
        const arn = `arn:${identity.partition}:iam::${identity.accountId}:user/operator`;
        return { ...operator, caller: { kind: "operator", arn } };
      }
      const claims = Buffer.from(sessionToken?.split(".")[0] ?? "", "base64").toString();
      const derived = derive(claims);
      if (derived.accessKeyId !== accessKeyId || !same(derived.sessionToken, sessionToken ?? "")) return undefined;
      const [roleArn = "", sessionName = "", , expiresAt = ""] = JSON.parse(claims) as string[];
      return {
        ...derived,
        caller: { kind: "role", arn: sessionArn(roleArn, sessionName) },
        ...(expiresAt ? { expiresAt: new Date(expiresAt) } : {}),
      };
    },
  };
}

/** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`: the role's path is not part of it. */
export function sessionArn(roleArn: string, sessionName: string): string {
  const [, partition = "aws", , , accountId = "", resource = ""] = roleArn.split(":");
  return `arn:${partition}:sts::${accountId}:assumed-role/${resource.split("/").at(-1) ?? ""}/${sessionName}`;
}

function base32(bytes: Buffer): string {
  return [...bytes].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("");
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
