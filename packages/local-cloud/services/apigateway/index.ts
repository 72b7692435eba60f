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
import type { Authorizer } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import { isCloudError, type CloudIdentity } from "../../gateway/service";
import { corsHeaders, preflightHeaders } from "./cors";
import type { DeclaredApi, DeclaredStage } from "./declared";
import { proxyEvent, readBody, responseOf, type ApiRequest, type ApiResponse } from "./payload";
import { matchRoute } from "./routes";
import { createThrottle, type Throttle } from "./throttle";

export type { CorsConfiguration, DeclaredApi, DeclaredRoute, DeclaredStage, Throttling } from "./declared";

export interface HttpApisOptions {
  readonly identity: CloudIdentity;
  readonly apis: readonly DeclaredApi[];
  readonly functions: Pick<FunctionRuntime, "invoke">;
  readonly authorizer: Pick<Authorizer, "authorizeService">;
  /** Receives the access log of stages that declare one, and the reason for each 500. */
  readonly onLog?: ((line: { readonly source: string; readonly text: string }) => void) | undefined;
}

const PREFIX = "/_api";

export function httpApis(options: HttpApisOptions): Route {
  const { identity, functions, authorizer, onLog } = options;
  const apis = new Map(options.apis.map((api) => [api.id, api]));
  const throttles = new Map<string, Throttle | undefined>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [target = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
    const [, , apiId = "", ...rest] = target.split("/");
    const api = apis.get(decodeURIComponent(apiId));
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
    if (!throttleOf(api, stage, match.route.routeKey)()) {
      answer = problem(429, "Too Many Requests");
    } else {
      const body = await readBody(request);
      const host = request.headers.host ?? "";
      const { headers } = request;
      ({ answer, error } = body
        ? await integrate({ id, api, stage, match, method, path, query, headers, body, host, sourceIp, time })
        : { answer: problem(413, "Request Entity Too Large"), error: undefined });
    }
    log(api, stage, {
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
    send(response, answer, { ...cors, "apigw-requestid": id });
  }

  /** Calls the function behind a route. */
  async function integrate(request: ApiRequest): Promise<{ answer: ApiResponse; error: string | undefined }> {
    const { route } = request.match;
    if (route.functionArn === undefined || route.authorization !== "NONE" || route.payloadFormatVersion !== "2.0") {
      const what = `The local mode serves routes to functions with payload format 2.0 and no authorizer; ${route.routeKey} is another.`;
      return { answer: problem(501, what), error: what };
    }
    const fail = (error: string, status = 500, message = "Internal Server Error") => ({
      answer: problem(status, message),
      error,
    });
    const [method = "", path = ""] = route.routeKey.split(" ");
    const sourceArn = `${request.api.executionArn}/${request.stage.name}/${path === "" ? method : method + path}`;
    let timer: NodeJS.Timeout | undefined;
    try {
      authorizer.authorizeService("apigateway.amazonaws.com", "lambda:InvokeFunction", route.functionArn, {
        "aws:SourceArn": sourceArn,
      });
      const tooLate = new Promise<undefined>(
        (resolve) => (timer = setTimeout(() => resolve(undefined), route.timeout)),
      );
      const invoked = functions.invoke(route.functionArn, JSON.stringify(proxyEvent(request, identity)));
      const result = await Promise.race([invoked, tooLate]);
      if (result === undefined) {
        invoked.catch(() => undefined);
        return fail(`The function did not answer within ${route.timeout} ms`, 503, "Service Unavailable");
      }
      if (!result.ok) return fail(`${result.error.errorType}: ${result.error.errorMessage}`);
      const answer = responseOf(result.payload);
      return answer ? { answer, error: undefined } : fail("The function's answer is not a response");
    } catch (error) {
      if (!isCloudError(error)) throw error;
      // Throttled by Lambda: the API reports that it is busy. Everything else is a fault behind it.
      return error.status === 429 ? fail(error.message, 503, "Service Unavailable") : fail(error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  function throttleOf(api: DeclaredApi, stage: DeclaredStage, routeKey: string): Throttle {
    const limits = stage.routeThrottling[routeKey] ?? stage.throttling;
    if (!limits) return () => true;
    // Routes without settings of their own share the stage's.
    const key = `${api.id} ${stage.name} ${stage.routeThrottling[routeKey] ? routeKey : ""}`;
    const throttle = throttles.get(key) ?? createThrottle(limits);
    throttles.set(key, throttle);
    return throttle;
  }

  function log(
    api: DeclaredApi,
    stage: DeclaredStage,
    done: {
      readonly id: string;
      readonly time: Date;
      readonly method: string;
      readonly path: string;
      readonly routeKey: string;
      readonly answer: ApiResponse;
      readonly error: string | undefined;
      readonly sourceIp: string;
      readonly userAgent: string | undefined;
    },
  ): void {
    const known: Readonly<Record<string, string | number>> = {
      requestId: done.id,
      requestTimeEpoch: done.time.getTime(),
      requestTime: done.time.toISOString(),
      httpMethod: done.method,
      path: done.path,
      routeKey: done.routeKey,
      stage: stage.name,
      status: done.answer.status,
      protocol: "HTTP/1.1",
      responseLength: done.answer.body.length,
      responseLatency: Date.now() - done.time.getTime(),
      "identity.sourceIp": done.sourceIp,
      "identity.userAgent": done.userAgent ?? "",
      "error.message": done.error ?? "-",
      integrationErrorMessage: done.error ?? "-",
    };
    const text = stage.accessLogFormat?.replace(/\$context\.([A-Za-z.]+)/g, (_, name: string) =>
      JSON.stringify(String(known[name] ?? "-")).slice(1, -1),
    );
    if (text !== undefined) onLog?.({ source: api.name, text });
    else if (done.error !== undefined) {
      onLog?.({ source: api.name, text: `${done.method} ${done.path}: ${done.error}` });
    }
  }

  return { prefix: PREFIX, handle };
}

/** The stage that a path begins with, or the one at the root. */
function stageOf(api: DeclaredApi, parts: readonly string[]): { stage: DeclaredStage | undefined; path: string } {
  const named = api.stages.find(({ name }) => name !== "$default" && name === parts[0]);
  if (named) return { stage: named, path: `/${parts.slice(1).join("/")}` };
  return { stage: api.stages.find(({ name }) => name === "$default"), path: `/${parts.join("/")}` };
}

function problem(status: number, message: string): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
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
