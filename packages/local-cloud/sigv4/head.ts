/** The head of a request, parsed once for everything that reads it. */
export interface RequestHead {
  readonly method: string;
  /** The request target as sent (`/bucket/key?versionId=1`): a parsed URL would have lost `.` segments and escapes. */
  readonly target: string;
  /** The target without its query, percent-encoded as sent. */
  readonly path: string;
  /** Names and values, percent-decoded, in the order sent. A plus is a plus, as in SigV4, not a blank. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** All values of each header, in the order sent; names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** A request as node's `IncomingMessage` has it. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Name, value, name, value …: repeated headers count separately in a signature. */
  readonly rawHeaders: readonly string[];
}

export function readHead({ method = "GET", url = "/", rawHeaders }: RawRequest): RequestHead {
  // A proxy's absolute target; its header names the host as well.
  const target = url.replace(/^https?:\/\/[^/?]*/i, "") || "/";
  return { method, target, path: target.split("?", 1)[0] || "/", query: readQuery(target), headers: group(rawHeaders) };
}

/** The values of a header, joined as HTTP joins them. */
export function headerOf(head: RequestHead, name: string): string | undefined {
  return head.headers.get(name)?.join(",");
}

function readQuery(target: string): [string, string][] {
  const start = target.indexOf("?");
  if (start < 0) return [];
  return target
    .slice(start + 1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s, 2);
      return [decode(name), decode(value)];
    });
}

function group(rawHeaders: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    const value = rawHeaders[i + 1] ?? "";
    const values = headers.get(name);
    if (values) values.push(value);
    else headers.set(name, [value]);
  }
  return headers;
}

/** Percent-decodes; text that is not a valid encoding stays as it is, and then simply does not match. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
