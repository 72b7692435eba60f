import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * The page's content policy: it may load the console's own files and pictures, listen to it, and frame its own mails.
 * No script that is written into a page runs.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A mail's own HTML: a document without origin, script, form or request to anywhere else. */
const mailPolicy =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";

const common = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** A response, written to GET with its body and to HEAD without. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export function pageAnswer(body: string, status = 200): Answer {
  return {
    status,
    type: "text/html; charset=utf-8",
    body,
    headers: { "content-security-policy": pagePolicy, "cache-control": "no-store", vary: "accept" },
  };
}

export function mailAnswer(body: string): Answer {
  return {
    status: 200,
    type: "text/html; charset=utf-8",
    body,
    headers: { "content-security-policy": mailPolicy, "cache-control": "no-store" },
  };
}

/** A file whose tag lets the browser check if its copy is still current. */
export function fileAnswer(type: string, body: string | Uint8Array): Answer {
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  return {
    status: 200,
    type,
    body,
    headers: { "content-security-policy": "default-src 'none'", "cache-control": "no-cache", etag },
  };
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, type, body, headers } = answer;
  if (headers?.["etag"] !== undefined && request.headers["if-none-match"] === headers["etag"]) {
    response.writeHead(304, { ...common, ...headers }).end();
    return;
  }
  response.writeHead(status, {
    ...common,
    ...headers,
    "content-type": type,
    "content-length": typeof body === "string" ? Buffer.byteLength(body) : body.byteLength,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(308, { ...common, location, "content-length": 0 }).end();
}

export function refuseMethod(response: ServerResponse): void {
  const text = "The console only shows: GET and HEAD.\n";
  response
    .writeHead(405, { ...common, allow: "GET, HEAD", "content-type": "text/plain", "content-length": text.length })
    .end(text);
}

/** Opens a stream of server-sent events. */
export function openStream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    ...common,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    vary: "accept",
  });
  if (request.method === "HEAD") response.end();
}
