/** An HTTP API that the program declares, with all its parts. */
export interface DeclaredApi {
  readonly id: string;
  readonly name: string;
  /** `arn:aws:execute-api:REGION:ACCOUNT:ID`, as permissions name it. */
  readonly executionArn: string;
  readonly cors?: CorsConfiguration | undefined;
  readonly routes: readonly DeclaredRoute[];
  readonly stages: readonly DeclaredStage[];
}

export interface CorsConfiguration {
  readonly allowOrigins?: readonly string[] | undefined;
  readonly allowMethods?: readonly string[] | undefined;
  readonly allowHeaders?: readonly string[] | undefined;
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly allowCredentials?: boolean | undefined;
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

export interface DeclaredRoute {
  /** `GET /uploads/{uploadId}`, `ANY /{proxy+}` or `$default`. */
  readonly routeKey: string;
  /** ARN of the function behind it; undefined if this kind of integration is not served. */
  readonly functionArn?: string | undefined;
  readonly payloadFormatVersion: string;
  /** Timeout of the function, in milliseconds. */
  readonly timeout: number;
  /** The route's authorization: only `NONE` is served. */
  readonly authorization: string;
}

export interface Throttling {
  /** Requests per second over time, and at once. */
  readonly rate: number;
  readonly burst: number;
}

export interface DeclaredStage {
  /** `$default` is served at the API's root, any other name is the first part of the path. */
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttling?: Throttling | undefined;
  readonly routeThrottling: Readonly<Record<string, Throttling>>;
  /** With `$context.…` variables; none if absent. */
  readonly accessLogFormat?: string | undefined;
}
