import { createHash, createHmac } from "node:crypto";

/**
 * Signatures (AWS Signature Version 4) with which a browser can store or read one object of the photo bucket.
 *
 * Own code, because only the SDK's clients are documented to be in the Lambda runtime, not its presigners, and no
 * function ships node_modules. The tests hold every output to the SDK's own presigners, byte by byte.
 */

/** The credentials of the function's role, from its environment. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The S3 endpoint and the signing credentials. */
export interface Signer {
  readonly credentials: Credentials;
  readonly region: string;
  /** The endpoint of an S3 other than AWS's, from `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string;
}

/** The conditions under which S3 accepts a form's post. */
export interface PostRules {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  /** Bytes. */
  readonly maxBytes: number;
  readonly expiresAt: Date;
}

export interface PresignedPost {
  readonly url: string;
  /** All fields of the form but the file, which comes last. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Allows one POST of one object: this key, this content type, 1 to `maxBytes` bytes, until it expires. */
export function presignPost(signer: Signer, rules: PostRules, now: Date): PresignedPost {
  const { credentials, region } = signer;
  const stamp = amzDate(now);
  const signed = {
    "Content-Type": rules.contentType,
    success_action_status: "201",
    bucket: rules.bucket,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${credentials.accessKeyId}/${scope(stamp, region)}`,
    "X-Amz-Date": stamp,
    ...(credentials.sessionToken === undefined ? {} : { "X-Amz-Security-Token": credentials.sessionToken }),
    key: rules.key,
  };
  const policy = {
    expiration: rules.expiresAt.toISOString().replace(/\.\d{3}Z$/, "Z"),
    conditions: [
      ["content-length-range", 1, rules.maxBytes],
      ...Object.entries(signed).map(([name, value]) => ({ [name]: value })),
    ],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
  const signature = hmac(signingKey(credentials, stamp, region), encoded).toString("hex");
  const { origin, root } = addressOf(signer, rules.bucket);
  return { url: origin + (root || "/"), fields: { ...signed, Policy: encoded, "X-Amz-Signature": signature } };
}

/** A URL that reads one object for some seconds. */
export function presignGet(signer: Signer, bucket: string, key: string, seconds: number, now: Date): string {
  const { credentials, region } = signer;
  const stamp = amzDate(now);
  const { origin, root } = addressOf(signer, bucket);
  const path = `${root}/${key.split("/").map(percentEncode).join("/")}`;
  const query = Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": `${credentials.accessKeyId}/${scope(stamp, region)}`,
    "X-Amz-Date": stamp,
    "X-Amz-Expires": String(seconds),
    ...(credentials.sessionToken === undefined ? {} : { "X-Amz-Security-Token": credentials.sessionToken }),
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${percentEncode(value)}`)
    .join("&");
  const host = origin.slice(origin.indexOf("//") + 2);
  const canonical = ["GET", path, query, `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope(stamp, region), digest].join("\n");
  const signature = hmac(signingKey(credentials, stamp, region), toSign).toString("hex");
  return `${origin}${path}?${query}&X-Amz-Signature=${signature}`;
}

/** A bucket's own host, as AWS requires; a path below the endpoint if the endpoint is an IP address. */
function addressOf({ endpoint, region }: Signer, bucket: string): { origin: string; root: string } {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const base = (endpoint ?? `https://s3.${region}.${domain}`).replace(/\/+$/, "");
  const scheme = base.slice(0, base.indexOf("//") + 2);
  const host = base.slice(scheme.length);
  const isAddress = /^(\d{1,3}\.){3}\d{1,3}(:\d+)?$/.test(host) || host.startsWith("[");
  return isAddress ? { origin: base, root: `/${bucket}` } : { origin: `${scheme}${bucket}.${host}`, root: "" };
}

function scope(stamp: string, region: string): string {
  return `${stamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

function signingKey({ secretAccessKey }: Credentials, stamp: string, region: string): Buffer {
  const day = hmac(`AWS4${secretAccessKey}`, stamp.slice(0, 8));
  return hmac(hmac(hmac(day, region), "s3"), "aws4_request");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function amzDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** RFC 3986: encodeURIComponent leaves `!'()*` as they are, but the signature needs them encoded. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The signer of the function this runs in. Read anew for every request: Lambda may replace a process's credentials.
 *
 * @param env the process's environment
 */
export function signerFrom(env: Readonly<Record<string, string | undefined>>): Signer {
  const sessionToken = env["AWS_SESSION_TOKEN"];
  const endpoint = env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
  return {
    credentials: {
      accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
      ...(sessionToken === undefined || sessionToken === "" ? {} : { sessionToken }),
    },
    region: env["AWS_REGION"] ?? "",
    ...(endpoint === undefined || endpoint === "" ? {} : { endpoint }),
  };
}
