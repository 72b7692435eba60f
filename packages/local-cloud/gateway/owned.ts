import type { CloudRequest } from "./service";

/**
 * The query parameters and headers, beside path and body, that belong to an operation of a REST protocol. Anything else
 * is refused by name: an ignored option would be a false success.
 */
export interface Owned {
  /** As in the API reference: `GetObject`. */
  readonly name: string;
  /** Query parameters, including those that distinguish the operation. */
  readonly query?: readonly string[] | undefined;
  /** `x-amz-` headers, in lower case; `x-amz-meta-*` covers all with that prefix. */
  readonly headers?: readonly string[] | undefined;
}

/** Headers of the protocol. Their values are either checked elsewhere or irrelevant here. */
const everywhere = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"];

/** Parameters that the signature of a presigned URL adds to its query, and the SDK's note of the operation. */
const signatureMembers = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "x-id",
]);

export interface Unowned {
  readonly kind: "query parameter" | "header";
  /** As sent. */
  readonly name: string;
}

/**
 * The first parameter or header of a request that the operation does not own. A parameter `x-amz-…` replaces a header;
 * other parameters that begin with `x-` are free for the client's own logging, as on S3.
 */
export function firstUnowned(
  operation: Owned,
  { url, headers }: Pick<CloudRequest, "url" | "headers">,
): Unowned | undefined {
  for (const name of url.searchParams.keys()) {
    const lower = name.toLowerCase();
    const owned = lower.startsWith("x-amz-")
      ? signatureMembers.has(lower) || owns(operation, lower)
      : lower.startsWith("x-") || operation.query?.includes(name);
    if (!owned) return { kind: "query parameter", name };
  }
  const header = Object.keys(headers).find((name) => name.startsWith("x-amz-") && !owns(operation, name));
  return header === undefined ? undefined : { kind: "header", name: header };
}

/** Whether an operation owns an `x-amz-` header. */
export function owns({ headers = [] }: Owned, name: string): boolean {
  return [...everywhere, ...headers].some((owned) =>
    owned.endsWith("*") ? name.startsWith(owned.slice(0, -1)) : name === owned,
  );
}
