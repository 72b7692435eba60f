/**
 * API Gateway's HTTP APIs, as the program declares them, served below `/_api` of the gateway.
 *
 *   httpApis({ identity, apis, functions, authorizer, onLog? }): Route
 *
 * `/_api/{apiId}/…` is the `$default` stage, `/_api/{apiId}/{stage}/…` any other.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "../../gateway";
import type { CloudIdentity } from "../../gateway/service";
import type { Authorizer } from "../../iam";
import { decode } from "../../sigv4/head";
import type { FunctionRuntime } from "../lambda";
import { accessLine } from "./access-log";
import { allowsOrigin, corsHeaders, preflightHeaders } from "./cors";
import type { DeclaredApi, DeclaredStage } from "./declared";
import { integrate, type Integrations } from "./integration";
import { problem, readBody, type ApiResponse } from "./payload";
import { matchRoute } from "./routes";
import { throttleOf, type Throttle } from "./throttle";

export type { CorsConfiguration, DeclaredApi, DeclaredRoute, DeclaredStage, Throttling } from "./declared";

export interface HttpApisOptions {
  readonly identity: CloudIdentity;
  readonly apis: readonly DeclaredApi[];
  readonly functions: Pick<FunctionRuntime, "invoke">;
  readonly authorizer: Pick<Authorizer, "authorizeService">;
  /** Receives the access log of stages that declare one, and the reason for each 500. */
  readonly onLog?: ((line: { readonly source: string; readonly text: string }) => void) | undefined;
}

const apiPrefix = "/_api";

interface ApisState extends Integrations {
  /** By id. */
  readonly apis: ReadonlyMap<string, DeclaredApi>;
  readonly throttles: Map<string, Throttle>;
  readonly onLog: HttpApisOptions["onLog"];
}

export function httpApis(options: HttpApisOptions): Route {
  const { identity, functions, authorizer, onLog } = options;
  const apis = new Map(options.apis.map((api) => [api.id, api]));
  const state: ApisState = { identity, functions, authorizer, onLog, apis, throttles: new Map() };
  return {
    prefix: apiPrefix,
    allowsOrigin(origin, { method, url = "" }) {
      const cors = apis.get(apiIdOf(url))?.cors;
      return method === "OPTIONS" || (cors !== undefined && allowsOrigin(cors, origin));
    },
    handle: (request, response) => answerRequest(state, request, response),
  };
}

/** Stage, preflight, route, throttle, function. */
async function answerRequest(state: ApisState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { apis, throttles, onLog } = state;
  const [target = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
  const [, , , ...rest] = target.split("/");
  const api = apis.get(apiIdOf(target));
  if (!api) {
    send(response, problem(404, "Not Found"), {});
    return;
  }
  const { stage, path } = stageOf(api, rest);
  const method = request.method ?? "GET";
  const cors = api.cors ? corsHeaders(api.cors, request.headers.origin) : {};
  if (api.cors && method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
    const nothing = { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };
    send(response, nothing, preflightHeaders(api.cors, request.headers));
    return;
  }
  const match = stage && matchRoute(api.routes, method, path);
  if (!stage || !match) {
    send(response, problem(404, "Not Found"), cors);
    return;
  }
  const time = new Date();
  const id = randomUUID();
  const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
  let answer: ApiResponse;
  let error: string | undefined;
  if (!throttleOf(throttles, api, stage, match.route.routeKey)()) {
    answer = problem(429, "Too Many Requests");
  } else {
    const body = await readBody(request);
    const host = request.headers.host ?? "";
    const { headers } = request;
    ({ answer, error } = body
      ? await integrate(state, { id, api, stage, match, method, path, query, headers, body, host, sourceIp, time })
      : { answer: problem(413, "Request Entity Too Large"), error: undefined });
  }
  const text = accessLine(stage, {
    id,
    time,
    method,
    path,
    routeKey: match.route.routeKey,
    answer,
    error,
    sourceIp,
    userAgent: request.headers["user-agent"],
  });
  if (text !== undefined) onLog?.({ source: api.name, text });
  send(response, answer, { ...cors, "apigw-requestid": id });
}

/** The third part of `/_api/ID/…`. */
function apiIdOf(url: string): string {
  return decode(url.split("?")[0]?.split("/")[2] ?? "");
}

/** The stage that a path begins with, or the one at the root. */
function stageOf(api: DeclaredApi, parts: readonly string[]): { stage: DeclaredStage | undefined; path: string } {
  const named = api.stages.find(({ name }) => name !== "$default" && name === parts[0]);
  if (named) return { stage: named, path: `/${parts.slice(1).join("/")}` };
  return { stage: api.stages.find(({ name }) => name === "$default"), path: `/${parts.join("/")}` };
}

function send(response: ServerResponse, answer: ApiResponse, more: Readonly<Record<string, string>>): void {
  const own = Object.entries(answer.headers).filter(([name]) => !(name in more) && name !== "content-length");
  response.writeHead(answer.status, {
    ...Object.fromEntries(own),
    ...(answer.status === 204 ? {} : { "content-length": answer.body.length }),
    ...(answer.cookies.length === 0 ? {} : { "set-cookie": [...answer.cookies] }),
    ...more,
  });
  response.end(answer.status === 204 ? undefined : answer.body);
}
