import type { ServerResponse } from "node:http";
import type { CloudRequest } from "../../../gateway/service";
import type { CorsRule, DeclaredBucket } from "../options";
import { s3Error } from "./errors";

/** Matches a text against a pattern with `*` for any text. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

function ruleFor(rules: readonly CorsRule[], origin: string, method: string, headers: readonly string[] = []) {
  return rules.find(
    (rule) =>
      rule.allowedOrigins.some((allowed) => matches(allowed, origin)) &&
      rule.allowedMethods.includes(method) &&
      headers.every((header) => rule.allowedHeaders?.some((allowed) => matches(allowed.toLowerCase(), header))),
  );
}

function setHeaders(response: ServerResponse, rule: CorsRule, origin: string): void {
  const any = rule.allowedOrigins.includes("*");
  response.setHeader("access-control-allow-origin", any ? "*" : origin);
  if (!any) response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("access-control-allow-methods", rule.allowedMethods.join(", "));
  if (rule.exposeHeaders?.length) response.setHeader("access-control-expose-headers", rule.exposeHeaders.join(", "));
  if (rule.maxAgeSeconds !== undefined) response.setHeader("access-control-max-age", String(rule.maxAgeSeconds));
  response.setHeader("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

/**
 * Sets the CORS headers of the coming answer, success or error: without them a page's script sees no error, only a
 * failure of the network.
 */
export function allowOrigin(bucket: DeclaredBucket | undefined, request: CloudRequest, response: ServerResponse): void {
  const { origin } = request.headers;
  if (!bucket || origin === undefined || response.headersSent) return;
  const rule = ruleFor(bucket.cors, origin, request.method);
  if (rule) setHeaders(response, rule, origin);
}

/** Whether the bucket's rules let a page of this origin send the request. A preflight is only a question. */
export function allowsOrigin(bucket: DeclaredBucket | undefined, origin: string, method = "GET"): boolean {
  return method === "OPTIONS" || (bucket !== undefined && ruleFor(bucket.cors, origin, method) !== undefined);
}

/** Answers a preflight. @throws CloudError BadRequest or AccessForbidden if no rule allows the request */
export function answerPreflight(bucket: DeclaredBucket, request: CloudRequest, response: ServerResponse): void {
  const { origin } = request.headers;
  const method = request.headers["access-control-request-method"];
  if (origin === undefined) throw s3Error("BadRequest");
  if (method === undefined) throw s3Error("BadRequest", undefined, "Invalid Access-Control-Request-Method: null");
  if (bucket.cors.length === 0) throw s3Error("AccessForbidden");
  const asked = request.headers["access-control-request-headers"] ?? "";
  const headers = asked
    .toLowerCase()
    .split(",")
    .map((header) => header.trim())
    .filter(Boolean);
  const rule = ruleFor(bucket.cors, origin, method, headers);
  if (!rule) {
    throw s3Error(
      "AccessForbidden",
      { Method: method, ResourceType: "OBJECT" },
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request " +
        "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the " +
        "resource's CORS spec.",
    );
  }
  setHeaders(response, rule, origin);
  if (headers.length > 0) response.setHeader("access-control-allow-headers", headers.join(", "));
  response.writeHead(200, { "content-length": "0" }).end();
}
