import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import flow from "../../handlers/flow.asl.json";
import { issueUploadGrants } from "../../handlers/api/issue-upload/grants";
import { issueUploadFactory } from "../../handlers/api/issue-upload/handler";
import { readStatusGrants } from "../../handlers/api/read-status/grants";
import { readStatusFactory } from "../../handlers/api/read-status/handler";
import type { Endpoint } from "../../handlers/api/http";
import type { Grants } from "../../handlers/runtime/grants";
import { steps } from "../../handlers/steps";
import { logGroupArgs } from "../flow/log-group";
import { createStepFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../flow/steps";

/** One route of the API and the function behind it. */
interface Route {
  /** In PascalCase: resources are named by it. */
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly factory: () => Endpoint;
  readonly grants: Grants;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Requests a second that the route takes over time, and at once; beyond it API Gateway answers 429. */
  readonly rate: number;
  readonly burst: number;
}

/** The function answers in milliseconds; a browser that waits longer had better ask again. */
const timeoutSeconds = 10;

/**
 * The HTTP API behind the upload page, for pages of one origin only.
 *
 * @param args.origin scheme and host of the page, which alone may read the API's answers
 */
export function createUploadApi(
  name: string,
  args: PipelineParts & { readonly origin: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): aws.apigatewayv2.Api {
  const part = `${name}-api`;
  const { tags } = args.settings;
  const routes = routesOf(args);
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
    // Under this prefix AWS writes without adding each group to the account's one, size-limited resource policy.
    logGroupArgs(`/aws/vendedlogs/apis/${part}-`, args.settings),
    opts,
  );
  const declared = routes.map((route) => createRoute(name, { ...args, api, route }, opts));
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
        detailedMetricsEnabled: true,
      })),
      tags,
    },
    // API Gateway refuses settings of routes that are not there yet.
    { ...opts, dependsOn: declared },
  );
  return api;
}

/** One line a request. Not the path, which holds the uploadId: that is the key to the upload's status. */
const accessLog = {
  requestId: "$context.requestId",
  at: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  ms: "$context.responseLatency",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
  // Whom to block when somebody floods the API.
  ip: "$context.identity.sourceIp",
};

function routesOf({ settings, photoBucket, tables }: PipelineParts): readonly Route[] {
  const { maxBytes, maxPixels, minSide, expirySeconds } = settings.upload;
  const shared = {
    UPLOAD_TABLE: tables.uploads.name,
    PHOTO_BUCKET: photoBucket.bucket,
    DEFAULT_LOCALE: settings.site.locale,
    ACCESS: settings.site.access,
    ...(settings.site.invitationKey === undefined ? {} : { INVITATION_KEY: settings.site.invitationKey }),
  };
  return [
    {
      name: "IssueUpload",
      method: "POST",
      path: "/uploads",
      factory: issueUploadFactory,
      grants: issueUploadGrants,
      environment: {
        ...shared,
        UPLOAD_LIMITS: pulumi.jsonStringify({ maxBytes, maxPixels, minSide }),
        UPLOAD_EXPIRY_SECONDS: pulumi.interpolate`${expirySeconds}`,
      },
      // A lecture hall that begins at once; each upload costs Rekognition calls.
      rate: 20,
      burst: 200,
    },
    {
      name: "ReadStatus",
      method: "GET",
      path: "/uploads/{uploadId}",
      factory: readStatusFactory,
      grants: readStatusGrants,
      environment: {
        ...shared,
        AVATAR_TABLE: tables.avatars.name,
        STEP_PHASES: JSON.stringify(stepPhases()),
      },
      // The same hall while it waits: each page asks about once a second.
      rate: 300,
      burst: 600,
    },
  ];
}

/** Makes a route with its function. */
function createRoute(
  name: string,
  args: PipelineParts & { readonly api: aws.apigatewayv2.Api; readonly route: Route },
  opts: pulumi.CustomResourceOptions,
): aws.apigatewayv2.Route {
  const { api, route } = args;
  const handler = createStepFunction(
    name,
    { ...route, memorySize: 256, timeout: timeoutSeconds },
    functionContext(args),
    opts,
  );
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
      timeoutMilliseconds: timeoutSeconds * 1000,
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

interface FlowState {
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Branches?: readonly { readonly States: Readonly<Record<string, unknown>> }[];
}

/**
 * The steps of an accepted photo, in order: those of the registry whose state leads on to Accepted. The branches of a
 * Parallel state stand together.
 */
export function stepPhases(): readonly (readonly string[])[] {
  const states = flow.States as unknown as Readonly<Record<string, FlowState>>;
  const leadsToAccepted = (name: string, seen: ReadonlySet<string> = new Set()): boolean => {
    if (name === "Accepted") return true;
    const { Next, Default, Choices = [] } = states[name] ?? {};
    const nexts = [Next, Default, ...Choices.map((choice) => choice.Next)].filter((next) => next !== undefined);
    return nexts.some((next) => !seen.has(next) && leadsToAccepted(next, new Set([...seen, name])));
  };
  /** The state of the machine that a step is, or is a branch of. */
  const stateOf = (step: string) =>
    Object.entries(states).find(([name, { Branches = [] }]) =>
      [name, ...Branches.flatMap((branch) => Object.keys(branch.States))].includes(step),
    )?.[0] ?? "";
  const names = steps.map(({ name }) => name);
  const inOrder = [...new Set(names.map(stateOf))].filter((state) => leadsToAccepted(state));
  return inOrder.map((state) => names.filter((name) => stateOf(name) === state));
}
