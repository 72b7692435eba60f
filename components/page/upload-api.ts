import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { issueUploadFunction } from "../../handlers/api/issue-upload/definition";
import { readStatusFunction } from "../../handlers/api/read-status/definition";
import { logGroupArgs } from "../flow/log-group";
import { createFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../parts";

/** One route of the API and the function behind it. */
interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly handler: "issueUpload" | "readStatus";
  /** Seconds: the function's own. */
  readonly timeout: number;
  /** The route's sustained requests per second, and its burst; beyond them API Gateway answers 429. */
  readonly rate: number;
  readonly burst: number;
}

export interface UploadApi {
  readonly api: aws.apigatewayv2.Api;
  /** The function behind `POST /uploads`. */
  readonly issueUpload: aws.lambda.Function;
}

/**
 * The HTTP API behind the upload page, for pages of one origin only.
 *
 * @param args.origin scheme and host of the page, the only origin that may read the API's answers
 */
export function createUploadApi(
  name: string,
  args: PipelineParts & { readonly origin: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): UploadApi {
  const part = `${name}-api`;
  const { tags } = args.settings;
  const api = new aws.apigatewayv2.Api(
    part,
    {
      description: `Uploads of ${name}`,
      protocolType: "HTTP",
      corsConfiguration: {
        allowOrigins: [args.origin],
        allowMethods: ["GET", "POST"],
        allowHeaders: ["authorization", "content-type"],
        maxAge: 3600,
      },
      tags,
    },
    opts,
  );
  const logs = new aws.cloudwatch.LogGroup(
    part,
    // With this prefix, AWS writes without adding each group to the account's single, size-limited resource policy.
    logGroupArgs(`/aws/vendedlogs/apis/${part}-`, args.settings),
    opts,
  );
  const context = functionContext(args);
  const functions = {
    issueUpload: createFunction(name, issueUploadFunction, context, opts),
    readStatus: createFunction(name, readStatusFunction, context, opts),
  };
  const declared = routes.map((route) => createRoute(name, { api, route, handler: functions[route.handler] }, opts));
  new aws.apigatewayv2.Stage(
    part,
    {
      apiId: api.id,
      name: "$default",
      autoDeploy: true,
      accessLogSettings: { destinationArn: logs.arn, format: JSON.stringify(accessLog) },
      routeSettings: routes.map(({ method, path, rate, burst }) => ({
        routeKey: `${method} ${path}`,
        throttlingRateLimit: rate,
        throttlingBurstLimit: burst,
      })),
      tags,
    },
    // API Gateway refuses settings of routes that do not exist yet.
    { ...opts, dependsOn: declared },
  );
  return { api, issueUpload: functions.issueUpload };
}

/** One line per request, without the path: it holds the uploadId, which is the key to the upload's status. */
const accessLog = {
  requestId: "$context.requestId",
  at: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  ms: "$context.responseLatency",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
  // The address to block if somebody floods the API.
  ip: "$context.identity.sourceIp",
};

const routes: readonly Route[] = [
  {
    method: "POST",
    path: "/uploads",
    handler: "issueUpload",
    timeout: issueUploadFunction.timeout,
    // A lecture hall that starts at the same time; each upload costs Rekognition calls.
    rate: 20,
    burst: 200,
  },
  {
    method: "GET",
    path: "/uploads/{uploadId}",
    handler: "readStatus",
    timeout: readStatusFunction.timeout,
    // The same hall while it waits: each page asks about once a second.
    rate: 300,
    burst: 600,
  },
];

/** Creates a route with its function. */
function createRoute(
  name: string,
  args: { readonly api: aws.apigatewayv2.Api; readonly route: Route; readonly handler: aws.lambda.Function },
  opts: pulumi.CustomResourceOptions,
): aws.apigatewayv2.Route {
  const { api, route, handler } = args;
  const part = `${name}-api-${route.method.toLowerCase()}`;
  new aws.lambda.Permission(
    part,
    {
      action: "lambda:InvokeFunction",
      function: handler.name,
      principal: "apigateway.amazonaws.com",
      sourceArn: pulumi.interpolate`${api.executionArn}/*/${route.method}${route.path.replace(/\{\w+\}/, "*")}`,
    },
    opts,
  );
  const integration = new aws.apigatewayv2.Integration(
    part,
    {
      apiId: api.id,
      integrationType: "AWS_PROXY",
      integrationUri: handler.arn,
      payloadFormatVersion: "2.0",
      timeoutMilliseconds: route.timeout * 1000,
    },
    opts,
  );
  return new aws.apigatewayv2.Route(
    part,
    {
      apiId: api.id,
      routeKey: `${route.method} ${route.path}`,
      target: pulumi.interpolate`integrations/${integration.id}`,
    },
    opts,
  );
}
