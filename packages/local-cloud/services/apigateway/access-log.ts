import type { DeclaredStage } from "./declared";
import type { ApiResponse } from "./payload";

/** A request that was answered. */
export interface Access {
  readonly id: string;
  readonly time: Date;
  readonly method: string;
  readonly path: string;
  readonly routeKey: string;
  readonly answer: ApiResponse;
  readonly error: string | undefined;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
}

/** The line of the stage's access log; for a stage without one, only the reason for an error. */
export function accessLine(stage: DeclaredStage, done: Access): string | undefined {
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
  if (text !== undefined) return text;
  return done.error === undefined ? undefined : `${done.method} ${done.path}: ${done.error}`;
}
