/** An HTTP API that the program declares, with everything that belongs to it. */
export interface DeclaredApi {
  readonly id: string;
  readonly name: string;
  /** `arn:aws:execute-api:REGION:ACCOUNT:ID`, what permissions name. */
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
  /** ARN of the function behind it; undefined when the integration is of a kind that is not served. */
  readonly functionArn?: string | undefined;
  readonly payloadFormatVersion: string;
  /** Milliseconds after which the gateway gives up on the function. */
  readonly timeout: number;
  /** Whatever keeps strangers out: only `NONE` is served. */
  readonly authorization: string;
}

export interface Throttling {
  /** Requests a second over time, and at once. */
  readonly rate: number;
  readonly burst: number;
}

export interface DeclaredStage {
  /** `$default` stands at the API's root, any other name is the first part of the path. */
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttling?: Throttling | undefined;
  readonly routeThrottling: Readonly<Record<string, Throttling>>;
  /** With `$context.…` variables; none when absent. */
  readonly accessLogFormat?: string | undefined;
}
