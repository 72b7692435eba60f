/**
 * Requests of web pages: a browser sends them for any page that its user visits, with the reach of this machine.
 *
 * A page of this port may send what it likes. For all others, three things pass: a link that leads to a page of this
 * port, the requests of an origin that the program declares (in a CORS rule of the bucket or the API), and preflights,
 * which have no effect. A signature does not help: it may have leaked. Programs other than browsers send none of these
 * headers, and no page can set them.
 */
import type { IncomingMessage } from "node:http";

/** This machine's own names: no web page has one of them, unless this machine serves it. */
const ownNames = /^(127\.0\.0\.1|\[::1\]|([a-z0-9.-]+\.)?localhost)$/i;

/** Whether a `Host` header names this machine: another name would be a page's own (DNS rebinding). */
export function isOwnHost(host: string | undefined): boolean {
  return ownNames.test(host?.replace(/:\d+$/, "") ?? "");
}

/**
 * The page of another origin that sends a request: its origin as far as the browser names it. Undefined if it is a page
 * of this port, if a person sends it (the address bar, a bookmark), or if a program does.
 *
 * @param port this gateway's
 */
export function foreignPage({ headers }: IncomingMessage, port: number): string | undefined {
  const { host, origin, referer } = headers;
  const site = headers["sec-fetch-site"];
  if (site === "same-origin") return undefined;
  if (origin !== undefined) return isOwnOrigin(origin, host, port) ? undefined : origin;
  // Old browsers do not send it, but send `Origin` with everything that has an effect.
  if (site === undefined || site === "none") return undefined;
  // Pictures come without `Origin`. `same-site` is no better than `cross-site`: another port of 127.0.0.1 is that.
  const from = /^https?:\/\/[^/]+/.exec(referer ?? "")?.[0];
  return from !== undefined && isOwnOrigin(from, host, port) ? undefined : (from ?? site);
}

/** This port under any of this machine's names, or the address that the request itself has (a forwarded port). */
function isOwnOrigin(origin: string, host: string | undefined, port: number): boolean {
  if (origin === `http://${host}`) return true;
  const [, name, given = "80"] = /^http:\/\/([^/]+?)(?::(\d+))?$/.exec(origin) ?? [];
  return name !== undefined && ownNames.test(name) && Number(given) === port;
}

/** Whether a person follows a link: the answer takes the place of the page, which cannot read it. */
export function isPlainNavigation({ method, headers }: IncomingMessage): boolean {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
}

/**
 * The address at which a page is to be opened that a browser asks for under another of this machine's names: its
 * requests to the addresses that the program knows would come from another origin. Undefined if it has the right one.
 */
export function properAddress(request: IncomingMessage, port: number): string | undefined {
  const { host, "sec-fetch-mode": mode } = request.headers;
  const isAlias = mode === "navigate" && host !== `127.0.0.1:${port}` && host?.endsWith(`:${port}`) === true;
  return isAlias && request.method === "GET" ? `http://127.0.0.1:${port}${request.url ?? "/"}` : undefined;
}

/** The reason for refusing a page's request, with its remedy. */
export function refusalOf(page: string): string {
  return (
    `The local cloud takes no requests from pages of another origin (${page}). ` +
    "A page that needs it must be an allowed origin in a CORS rule of the bucket or the API."
  );
}
