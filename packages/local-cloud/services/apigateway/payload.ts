import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { CloudIdentity } from "../../gateway/service";
import type { DeclaredApi, DeclaredStage } from "./declared";
import type { Match } from "./routes";

/** A parsed request to an API. */
export interface ApiRequest {
  readonly id: string;
  readonly api: DeclaredApi;
  readonly stage: DeclaredStage;
  readonly match: Match;
  readonly method: string;
  /** Below the API's address, percent-encoded as sent. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly host: string;
  readonly sourceIp: string;
  readonly time: Date;
}

/** The payload of a function: Lambda proxy integration, payload format 2.0. */
export function proxyEvent(request: ApiRequest, identity: CloudIdentity): Record<string, unknown> {
  const { api, stage, match, headers, time } = request;
  const query = queryOf(request.query);
  const { cookie, ...others } = headers;
  const text = isText(headers["content-type"]);
  return {
    version: "2.0",
    routeKey: match.route.routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookie === undefined ? {} : { cookies: cookie.split("; ") }),
    headers: Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
    ),
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: identity.accountId,
      apiId: api.id,
      domainName: request.host,
      domainPrefix: api.id,
      http: {
        method: request.method,
        path: request.path,
        protocol: "HTTP/1.1",
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.id,
      routeKey: match.route.routeKey,
      stage: stage.name,
      time: commonLogTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(match.parameters).length === 0 ? {} : { pathParameters: match.parameters }),
    ...(Object.keys(stage.variables).length === 0 ? {} : { stageVariables: stage.variables }),
    ...(request.body.length === 0 ? {} : { body: request.body.toString(text ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}

/** An answer to a browser. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/**
 * Interprets a function's JSON: a response if it has a statusCode, otherwise a body.
 *
 * @returns undefined if it is neither; API Gateway answers 500
 */
export function responseOf(payload: string): ApiResponse | undefined {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== "object" || value === null || Array.isArray(value) || !("statusCode" in value)) {
    const body = Buffer.from(typeof value === "string" ? value : payload);
    return { status: 200, headers: { "content-type": "application/json" }, cookies: [], body };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = value as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== "string") return undefined;
  const given = Object.entries((headers ?? {}) as Record<string, unknown>).map(([name, text]) => [
    name.toLowerCase(),
    String(text),
  ]);
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...(Object.fromEntries(given) as Record<string, string>) },
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
  };
}

/** API Gateway's limit on a request's body, in bytes. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** A client that sends more than this is disconnected after all. */
const drainBytes = 100 * 1024 * 1024;

/**
 * The whole body; undefined if it is larger than API Gateway accepts. The rest is read and dropped, because a client
 * that is disconnected while it sends never sees the answer.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= maxBodyBytes) chunks.push(chunk as Buffer);
    else if (size > drainBytes) break;
    else chunks.length = 0;
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks) : undefined;
}

function queryOf(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters[name];
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
}

function isText(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  return /^(text\/|application\/(json|javascript|xml|graphql|x-www-form-urlencoded)|[^;]*\+(json|xml))/i.test(
    contentType,
  );
}

/** `12/Mar/2026:19:03:58 +0000` */
function commonLogTime(time: Date): string {
  const [day, date, month, year, clock] = time.toUTCString().split(/[ ,]+/);
  return day === undefined ? "" : `${date}/${month}/${year}:${clock} +0000`;
}

/** An error of the API itself, as API Gateway words it. */
export function problem(status: number, message: string): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}
