import { isArchive, type ArchiveNode, type ProgramGraph } from "../../program/graph";
import type { DeclaredApi, DeclaredStage, Throttling } from "../apigateway";
import type { DeclaredFunction } from ".";
import type { DeclaredMachine } from "../states";
import { nodesOf, numberOf, textOf, textsOf, type Block, type Node } from "../../program/nodes";

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT = 3;
const DEFAULT_MEMORY = 128;

/** @throws Error naming the function whose code is not declared with it, such as one that lies in a bucket */
export function readFunctions(graph: ProgramGraph): readonly DeclaredFunction[] {
  const layers = new Map(
    nodesOf(graph, "aws:lambda/layerVersion:LayerVersion").map((node) => [node.required("arn"), node]),
  );
  return nodesOf(graph, "aws:lambda/function:Function").map((node) => ({
    name: node.required("name"),
    arn: node.required("arn"),
    roleArn: node.required("role"),
    runtime: node.text("runtime") ?? "",
    handler: node.text("handler") ?? "",
    code: codeOf(node),
    layers: node.texts("layers").flatMap((arn) => {
      const layer = layers.get(arn);
      return layer ? [{ name: layer.required("layerName"), code: codeOf(layer) }] : [];
    }),
    environment: Object.fromEntries(
      Object.entries((node.block("environment")?.["variables"] ?? {}) as Block).map(([name, value]) => [
        name,
        String(value),
      ]),
    ),
    timeout: node.number("timeout") ?? DEFAULT_TIMEOUT,
    memorySize: node.number("memorySize") ?? DEFAULT_MEMORY,
    reservedConcurrency: node.number("reservedConcurrentExecutions") ?? -1,
  }));
}

function codeOf(node: Node): ArchiveNode {
  const { code } = node.inputs;
  const runtime = node.text("runtime");
  if (!isArchive(code)) {
    throw new Error(
      `${node.type} ${node.name} has its code elsewhere (a bucket or an image); the local mode needs it in the program.`,
    );
  }
  if (runtime !== undefined && !runtime.startsWith("nodejs")) {
    throw new Error(`${node.type} ${node.name} is for ${runtime}; the local mode runs functions for Node.js.`);
  }
  return code;
}

export function readMachines(graph: ProgramGraph): readonly DeclaredMachine[] {
  return nodesOf(graph, "aws:sfn/stateMachine:StateMachine").map((node) => {
    if (node.text("type") === "EXPRESS") {
      throw new Error(`State machine ${node.name} is an Express one; the local mode runs Standard state machines.`);
    }
    return {
      name: node.required("name"),
      arn: node.required("arn"),
      roleArn: node.required("roleArn"),
      definition: node.required("definition"),
    };
  });
}

export function readApis(graph: ProgramGraph): readonly DeclaredApi[] {
  const integrations = nodesOf(graph, "aws:apigatewayv2/integration:Integration");
  const routes = nodesOf(graph, "aws:apigatewayv2/route:Route");
  const stages = nodesOf(graph, "aws:apigatewayv2/stage:Stage");
  return nodesOf(graph, "aws:apigatewayv2/api:Api").map((api) => {
    const isOfApi = (node: Node): boolean => node.text("apiId") === api.id;
    const cors = api.block("corsConfiguration");
    return {
      id: api.id,
      name: api.required("name"),
      executionArn: api.required("executionArn"),
      ...(cors ? { cors: corsOf(cors) } : {}),
      routes: routes.filter(isOfApi).map((route) => {
        const integration = integrations.find(({ id }) => route.text("target") === `integrations/${id}`);
        const functionArn = functionArnIn(integration);
        return {
          routeKey: route.required("routeKey"),
          ...(functionArn === undefined ? {} : { functionArn }),
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
  const maxAge = numberOf(cors["maxAge"]);
  return {
    allowOrigins: textsOf(cors["allowOrigins"]),
    allowMethods: textsOf(cors["allowMethods"]),
    allowHeaders: textsOf(cors["allowHeaders"]),
    exposeHeaders: textsOf(cors["exposeHeaders"]),
    allowCredentials: cors["allowCredentials"] === true,
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

function stageOf(stage: Node): DeclaredStage {
  const throttling = throttlingOf(stage.block("defaultRouteSettings"));
  const accessLogFormat = textOf(stage.block("accessLogSettings")?.["format"]);
  return {
    name: stage.required("name"),
    variables: Object.fromEntries(
      Object.entries(stage.block("stageVariables") ?? {}).map(([key, value]) => [key, String(value)]),
    ),
    ...(throttling ? { throttling } : {}),
    routeThrottling: Object.fromEntries(
      stage.blocks("routeSettings").flatMap((block) => {
        const limits = throttlingOf(block);
        return limits ? [[String(block["routeKey"]), limits]] : [];
      }),
    ),
    ...(accessLogFormat === undefined ? {} : { accessLogFormat }),
  };
}

function throttlingOf(block: Block | undefined): Throttling | undefined {
  const rate = numberOf(block?.["throttlingRateLimit"]);
  const burst = numberOf(block?.["throttlingBurstLimit"]);
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}
