/**
 * The operator's credentials of a data folder: a file that only its owner can read, in the format of AWS's own shared
 * credentials file. Any SDK and the AWS CLI read it with AWS_SHARED_CREDENTIALS_FILE.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const credentialsFile = "credentials";

/** The access key id of every local cloud's operator; its secret is the folder's own. */
export const operatorKeyId = "local";

/** The operator's secret; undefined if the folder has none yet. */
export function readOperatorSecret(data: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(data, credentialsFile), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return /^aws_secret_access_key *= *(\S+)$/m.exec(text)?.[1];
}

/**
 * The operator's secret, made if the folder has none: folders of earlier versions do not have one. To be called by the
 * process that holds the folder.
 */
export function operatorSecret(data: string): string {
  const path = join(data, credentialsFile);
  const known = readOperatorSecret(data);
  if (known !== undefined) {
    // A copy of the folder may have lost its mode.
    chmodSync(path, 0o600);
    return known;
  }
  const secret = randomBytes(30).toString("base64url");
  const fresh = `${path}.${randomUUID()}`;
  const lines = ["[default]", `aws_access_key_id = ${operatorKeyId}`, `aws_secret_access_key = ${secret}`];
  writeFileSync(fresh, `${lines.join("\n")}\n`, { mode: 0o600, flag: "wx" });
  // Whole or not at all: a kill in between leaves no file that cannot be read.
  renameSync(fresh, path);
  return secret;
}
