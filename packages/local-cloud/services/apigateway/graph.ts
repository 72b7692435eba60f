import type { ProgramGraph } from "../../program/graph";
import { nodesOf, numberOf, textOf, textsOf, type Block, type Node } from "../../program/nodes";
import type { DeclaredApi, DeclaredStage, Throttling } from "./declared";

export const apiType = "aws:apigatewayv2/api:Api";
export const integrationType = "aws:apigatewayv2/integration:Integration";
export const routeType = "aws:apigatewayv2/route:Route";
export const stageType = "aws:apigatewayv2/stage:Stage";

export function readApis(graph: ProgramGraph): readonly DeclaredApi[] {
  const integrations = nodesOf(graph, integrationType);
  const routes = nodesOf(graph, routeType);
  const stages = nodesOf(graph, stageType);
  return nodesOf(graph, apiType).map((api) => {
    const isOfApi = (node: Node): boolean => node.text("apiId") === api.id;
    const cors = api.block("corsConfiguration");
    return {
      id: api.id,
      name: api.required("name"),
      executionArn: api.required("executionArn"),
      cors: cors && corsOf(cors),
      routes: routes.filter(isOfApi).map((route) => {
        const integration = integrations.find(({ id }) => route.text("target") === `integrations/${id}`);
        return {
          routeKey: route.required("routeKey"),
          functionArn: functionArnIn(integration),
          payloadFormatVersion: integration?.text("payloadFormatVersion") ?? "1.0",
          timeout: integration?.number("timeoutMilliseconds") ?? 30_000,
          authorization: route.text("authorizationType") ?? "NONE",
        };
      }),
      stages: stages.filter(isOfApi).map(stageOf),
    };
  });
}

/** The function's own ARN, or the one inside its invoke ARN. */
function functionArnIn(integration: Node | undefined): string | undefined {
  if (integration?.text("integrationType") !== "AWS_PROXY") return undefined;
  const uri = integration.text("integrationUri") ?? "";
  return /arn:[^:]+:lambda:[^:]+:\d+:function:[^/:]+/.exec(uri)?.[0];
}

function corsOf(cors: Block): NonNullable<DeclaredApi["cors"]> {
  return {
    allowOrigins: textsOf(cors["allowOrigins"]),
    allowMethods: textsOf(cors["allowMethods"]),
    allowHeaders: textsOf(cors["allowHeaders"]),
    exposeHeaders: textsOf(cors["exposeHeaders"]),
    allowCredentials: cors["allowCredentials"] === true,
    maxAge: numberOf(cors["maxAge"]),
  };
}

function stageOf(stage: Node): DeclaredStage {
  return {
    name: stage.required("name"),
    variables: Object.fromEntries(
      Object.entries(stage.block("stageVariables") ?? {}).map(([key, value]) => [key, String(value)]),
    ),
    throttling: throttlingOf(stage.block("defaultRouteSettings")),
    routeThrottling: Object.fromEntries(
      stage.blocks("routeSettings").flatMap((block) => {
        const limits = throttlingOf(block);
        return limits ? [[String(block["routeKey"]), limits]] : [];
      }),
    ),
    accessLogFormat: textOf(stage.block("accessLogSettings")?.["format"]),
  };
}

function throttlingOf(block: Block | undefined): Throttling | undefined {
  const rate = numberOf(block?.["throttlingRateLimit"]);
  const burst = numberOf(block?.["throttlingBurstLimit"]);
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}
