import type { IncomingHttpHeaders } from "node:http";
import type { CorsConfiguration } from "./declared";

type Headers = Record<string, string>;

/** The headers that let a page of the request's origin read the answer; none for any other origin. */
export function corsHeaders(cors: CorsConfiguration, origin: string | undefined): Headers {
  if (origin === undefined || !allowsOrigin(cors, origin)) return {};
  return {
    "access-control-allow-origin": cors.allowOrigins?.includes("*") && !cors.allowCredentials ? "*" : origin,
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(cors.exposeHeaders?.length ? { "access-control-expose-headers": cors.exposeHeaders.join(",") } : {}),
    ...(cors.allowOrigins?.includes("*") ? {} : { vary: "Origin" }),
  };
}

/** The answer to a preflight, status 204 in any case: the browser reads the verdict from the headers. */
export function preflightHeaders(cors: CorsConfiguration, headers: IncomingHttpHeaders): Headers {
  const allowed = corsHeaders(cors, headers.origin);
  if (allowed["access-control-allow-origin"] === undefined) return {};
  return {
    ...allowed,
    ...(cors.allowMethods?.length ? { "access-control-allow-methods": cors.allowMethods.join(",") } : {}),
    ...(cors.allowHeaders?.length ? { "access-control-allow-headers": cors.allowHeaders.join(",") } : {}),
    ...(cors.maxAge === undefined ? {} : { "access-control-max-age": String(cors.maxAge) }),
  };
}

/** `*`, `https://*` or the very origin. */
export function allowsOrigin(cors: CorsConfiguration, origin: string): boolean {
  return (cors.allowOrigins ?? []).some(
    (allowed) =>
      allowed === "*" || allowed === origin || (allowed.endsWith("//*") && origin.startsWith(allowed.slice(0, -1))),
  );
}
