import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PipelineArns, Statement } from "../../handlers/runtime/grants";
import type { FunctionDefinition } from "../../handlers/runtime/define";
import type { Handler } from "../../handlers/runtime/step";
import type { SettingName } from "../../handlers/runtime/settings";
import { kebabCase } from "../names";
import { assumedBy, document } from "../policies";
import type { Settings } from "../settings";
import { logGroupArgs } from "./log-group";
import { runtime } from "./runtime";

/** The values that the functions of one pipeline share. */
export interface FunctionContext<Arns extends PipelineArns = PipelineArns> {
  /** The resources that the grants refer to. */
  readonly arns: {
    readonly [Name in keyof Arns]: pulumi.Input<NonNullable<Arns[Name]>> | Extract<Arns[Name], undefined>;
  };
  /**
   * The environment variables that functions request by name; undefined for those without a value in the caller's args.
   */
  readonly variables: Readonly<Record<SettingName, pulumi.Input<string> | undefined>>;
  /** The ARN of the layer `avatar-imaging`, if a function uses it. */
  readonly imagingLayer?: pulumi.Input<string>;
  readonly settings: Pick<Settings, "retention" | "kmsKeyArn" | "formerKmsKeyArns" | "tags">;
}

/**
 * Creates a function from its definition: a log group, a role with exactly its grants, and the serialized handler.
 *
 * The archive holds one file, `__index.js`. That is why this is not `aws.lambda.CallbackFunction`, which serializes in
 * the same way but then adds every dependency of the package.json above the working directory, and fails without a
 * package.json, as in a YAML or Python program. A handler's other dependencies come with the runtime or in a layer.
 */
export function createFunction<Arns extends PipelineArns>(
  name: string,
  definition: FunctionDefinition<Arns>,
  context: FunctionContext<Arns>,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  const part = `${name}-${kebabCase(definition.name)}`;
  const description = `${definition.name} of ${name}`;
  const { tags } = context.settings;
  const logs = new aws.cloudwatch.LogGroup(part, logGroupArgs(`/aws/lambda/${part}-`, context.settings), opts);
  const role = new aws.iam.Role(part, { description, assumeRolePolicy: assumedBy("lambda.amazonaws.com"), tags }, opts);
  const policy = new aws.iam.RolePolicy(
    part,
    { role: role.name, policy: policyOf(definition.grants, context.arns, logs.arn, context.settings) },
    opts,
  );
  return new aws.lambda.Function(
    part,
    {
      description,
      role: role.arn,
      code: archiveOf(definition.factory),
      handler: "__index.handler",
      runtime,
      architectures: ["arm64"],
      memorySize: definition.memorySize,
      timeout: definition.timeout,
      layers: definition.usesImaging ? [imagingLayerOf(context)] : [],
      environment: { variables: environmentOf(definition, context) },
      tracingConfig: { mode: "Active" },
      loggingConfig: { logFormat: "Text", logGroup: logs.name },
      tags,
    },
    // A function that runs before its role has its policy would fail in ways that are hard to explain.
    { ...opts, dependsOn: [policy] },
  );
}

function imagingLayerOf({ imagingLayer }: Pick<FunctionContext, "imagingLayer">): pulumi.Input<string> {
  if (imagingLayer === undefined) throw new Error("A function uses the layer avatar-imaging, which it is not given.");
  return imagingLayer;
}

function environmentOf(
  { variables: names }: Pick<FunctionDefinition, "variables">,
  { variables }: Pick<FunctionContext, "variables">,
): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = variables[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function policyOf<Arns extends PipelineArns>(
  grants: (on: Arns) => readonly Statement[],
  arns: FunctionContext<Arns>["arns"],
  logGroupArn: pulumi.Input<string>,
  { kmsKeyArn, formerKmsKeyArns }: Pick<Settings, "kmsKeyArn" | "formerKmsKeyArns">,
): pulumi.Output<string> {
  return pulumi
    .all([arns, logGroupArn, kmsKeyArn, pulumi.all([...formerKmsKeyArns])])
    .apply(([on, logGroup, key, former]) => {
      const granted = grants(on as unknown as Arns);
      const own: readonly Statement[] = [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: [`${logGroup}:*`],
        },
        // X-Ray has no resources to name.
        { Effect: "Allow", Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource: ["*"] },
      ];
      return document([...granted, ...keyStatements(granted, key, former), ...own]);
    });
}

/**
 * The key permissions that belong to the grants: the services use the caller's own keys with the caller's rights. Data
 * written under a former key can be read, and no new data is written under it.
 */
function keyStatements(
  granted: readonly Statement[],
  key: string | undefined,
  former: readonly string[],
): readonly Statement[] {
  const actions = granted.flatMap(({ Action }) => Action);
  // Writing an object or publishing a message requires a new data key.
  const writes = actions.some((action) => action === "s3:PutObject" || action === "sns:Publish");
  const uses = actions.some((action) => /^(s3|dynamodb|sns|sqs):/.test(action));
  const needed = [...(uses ? ["kms:Decrypt"] : []), ...(writes ? ["kms:GenerateDataKey"] : [])];
  return [
    ...(key === undefined || needed.length === 0
      ? []
      : [{ Effect: "Allow" as const, Action: needed, Resource: [key] }]),
    ...(uses && former.length > 0
      ? [{ Effect: "Allow" as const, Action: ["kms:Decrypt"], Resource: [...former] }]
      : []),
  ];
}

/** The texts of factories that are already serialized: a second pipeline in a program costs almost nothing. */
const serialized = new WeakMap<() => Handler<never, unknown>, Promise<string>>();

/** The function's code: the factory as text, and nothing else. */
async function archiveOf(factory: () => Handler<never, unknown>): Promise<pulumi.asset.Archive> {
  const text = serialized.get(factory) ?? serialize(factory);
  serialized.set(factory, text);
  return new pulumi.asset.AssetArchive({ "__index.js": new pulumi.asset.StringAsset(await text) });
}

async function serialize(factory: () => Handler<never, unknown>): Promise<string> {
  const { text } = await pulumi.runtime.serializeFunction(factory, {
    exportName: "handler",
    isFactoryFunction: true,
    // A secret belongs in the function's environment or a store, never in its code.
    allowSecrets: false,
  });
  return text;
}
