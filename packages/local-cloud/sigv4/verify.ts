import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { decode, type RequestHead } from "./head";
import { signingAlgorithm, type Scope, type Signature } from "./read";

/**
 * True if the secret makes this signature for this request.
 *
 * @param payloadHash the body's part of the canonical request: its SHA-256 in hexadecimal, or the literal
 * (`UNSIGNED-PAYLOAD`, `STREAMING-…`) that the client signed in its place
 */
export function signatureMatches(
  head: RequestHead,
  signature: Signature,
  secret: string,
  payloadHash: string,
): boolean {
  const key = signingKey(secret, signature);
  const query = canonicalQuery(head);
  return canonicalPaths(head.path, signature.service).some((path) => {
    const canonical = [
      head.method,
      path,
      query,
      ...signature.signedHeaders.map((name) => `${name}:${canonicalHeader(head, name)}`),
      "",
      signature.signedHeaders.join(";"),
      payloadHash,
    ].join("\n");
    const text = [signingAlgorithm, signature.timestamp, scopeText(signature), sha256(canonical)].join("\n");
    return isHmac(signature.signature, key, text);
  });
}

/** True if `given` is the HMAC-SHA256 of the text in hexadecimal. The time it takes does not depend on how much matches. */
export function isHmac(given: string, key: Buffer, text: string): boolean {
  // Decoding would stop at the first other character and ignore the rest.
  if (!/^[0-9a-f]{64}$/i.test(given)) return false;
  const expected = createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(Buffer.from(given, "hex"), expected);
}

/** The key that signs for one day, region and service. */
export function signingKey(secret: string, { scopeDate, region, service }: Scope): Buffer {
  return [scopeDate, region, service, "aws4_request"].reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

/** The scope as signed: `YYYYMMDD/REGION/SERVICE/aws4_request`. */
export function scopeText({ scopeDate, region, service }: Scope): string {
  return `${scopeDate}/${region}/${service}/aws4_request`;
}

/**
 * The canonical path: S3 uses the path encoded once, every other service encodes the sent path once more. Clients
 * differ in the characters that they escape on the wire, so the path as sent and the path escaped anew both count.
 */
function canonicalPaths(sent: string, service: string): string[] {
  const anew = sent
    .split("/")
    .map((segment) => uriEncode(decode(segment)))
    .join("/");
  if (service === "s3") return [...new Set([sent, anew])];
  const twice = sent.split("/").map(uriEncode).join("/");
  return [...new Set([twice, sent])];
}

function canonicalQuery({ query }: RequestHead): string {
  return query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalHeader({ headers }: RequestHead, name: string): string {
  return (headers.get(name) ?? []).map((value) => value.trim().replace(/\s+/g, " ")).join(",");
}

/** Percent-encodes everything but RFC 3986's unreserved characters. */
export function uriEncode(text: string): string {
  // Through bytes, because a lone surrogate would make encodeURIComponent throw.
  return encodeURIComponent(Buffer.from(text, "utf8").toString("utf8")).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
