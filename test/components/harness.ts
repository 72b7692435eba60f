import * as pulumi from "@pulumi/pulumi";

/** A registration as the engine would receive it. */
export interface Registered {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** The parent's URN. */
  readonly parent: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** The URNs that it depends on. */
  readonly dependencies: readonly string[];
  /** The URN of `deletedWith`: it is removed with that resource, without being deleted itself. */
  readonly deletedWith: string;
  /** The id that AWS would assign; empty for components. */
  readonly physicalId: string;
  /** Whether it existed before: read, not created. */
  readonly existing: boolean;
}

export interface Evaluation<Declared> {
  readonly declared: Declared;
  /** By URN. */
  readonly resources: readonly Registered[];
  /** The one resource of a type and name; the type's last part is enough: `Bucket`. Throws if there is none. */
  one(type: string, name: string): Registered;
  all(type: string): readonly Registered[];
}

export interface World {
  readonly project?: string;
  readonly stack?: string;
  readonly partition?: string;
  readonly region?: string;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDependenciesList(): string[];
  getDeletedwith(): string;
}
type Callback = (error: unknown, response: unknown) => void;

/**
 * Evaluates the declarations of `declare`; every resource is registered when it returns. One evaluation at a time:
 * Pulumi keeps its state in globals.
 *
 * @param declare returns the roots of its declarations; all resources below them are awaited
 */
export async function evaluate<Declared extends readonly pulumi.Resource[]>(
  declare: () => Declared,
  { project = "school", stack = "dev", partition = "aws", region = "ap-southeast-1" }: World = {},
): Promise<Evaluation<Declared>> {
  const resources: Registered[] = [];
  let current: RegisterRequest | undefined;
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const parent = current?.getParent() ?? "";
        const urn = `urn:pulumi:${stack}::${project}::${typesOf(parent)}${args.type}::${args.name}`;
        if (resources.some((other) => other.urn === urn)) throw new Error(`Duplicate resource URN ${urn}`);
        const made =
          args.type === "pulumi:pulumi:Stack" || args.custom !== true
            ? { id: "", state: args.inputs as Record<string, unknown> }
            : answer(args, { partition, region, urn });
        resources.push({
          urn,
          physicalId: made.id ?? "",
          type: args.type,
          name: args.name,
          parent,
          inputs: args.inputs as Record<string, unknown>,
          protect: current?.getProtect() ?? false,
          retainOnDelete: current?.getRetainondelete() ?? false,
          dependencies: current?.getDependenciesList() ?? [],
          deletedWith: current?.getDeletedwith() ?? "",
          existing: args.custom === true && args.id !== undefined && args.id !== "",
        });
        return made;
      },
      call: ({ token }) => {
        throw new Error(`The program calls ${token}; no part of it should call anything.`);
      },
    },
    project,
    stack,
    false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: Callback): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    current = request;
    const done = register(request, callback);
    current = undefined;
    return done;
  };
  const declared = declare();
  for (const root of declared) await registered(root);
  // They come in the order in which their inputs resolve, which differs between machines.
  resources.sort((one, other) => (one.urn < other.urn ? -1 : 1));
  const all = (type: string) => resources.filter((one) => one.type === type || one.type.endsWith(`:${type}`));
  return {
    declared,
    resources: resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
    all,
    one: (type, name) => {
      const found = all(type).filter((one) => one.name === name);
      if (found.length === 1) return found[0]!;
      throw new Error(`${found.length} resources of type ${type} are named ${name}, not 1.`);
    },
  };
}

function typesOf(parent: string): string {
  const types = parent.split("::")[2] ?? "";
  return types === "" || types === "pulumi:pulumi:Stack" ? "" : `${types}$`;
}

/** Awaits the registration of a resource and of all below it; a failure of any is thrown. */
async function registered(resource: pulumi.Resource): Promise<void> {
  await valueOf(resource.urn);
  const { __childResources: children } = resource as unknown as { __childResources?: Set<pulumi.Resource> };
  for (const child of children ?? []) await registered(child);
}

/** The value of an output. */
export function valueOf<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return (output as unknown as { promise(): Promise<Value> }).promise();
}

interface Identity {
  readonly partition: string;
  readonly region: string;
  readonly urn: string;
}

const account = "123456789012";

/**
 * The outputs that AWS would compute. A type missing here fails the test: without its outputs, `undefined` would end up
 * in policies unnoticed.
 */
const outputs: Readonly<
  Record<string, (physical: string, inputs: Record<string, string>, where: Identity) => Record<string, unknown>>
> = {
  "aws:cloudfront/distribution:Distribution": (id, _inputs, { partition }) => ({
    domainName: `${id}.cloudfront.example`,
    arn: `arn:${partition}:cloudfront::${account}:distribution/${id}`,
  }),
  "aws:s3/bucket:Bucket": (bucket, _inputs, { partition, region }) => ({
    bucket,
    bucketRegionalDomainName: `${bucket}.s3.${region}.example`,
    arn: `arn:${partition}:s3:::${bucket}`,
  }),
  "aws:dynamodb/table:Table": (name, _inputs, where) => ({ name, arn: arn(where, "dynamodb", `table/${name}`) }),
  "aws:rekognition/collection:Collection": (id, { collectionId = id }, where) => ({
    collectionId,
    arn: arn(where, "rekognition", `collection/${collectionId}`),
  }),
  // A topic's id is its ARN.
  "aws:sns/topic:Topic": (id, _inputs, where) =>
    id.startsWith("arn:") ? { name: id.split(":").at(-1), arn: id } : { name: id, arn: arn(where, "sns", id) },
  "aws:sqs/queue:Queue": (name, _inputs, where) => ({
    name,
    arn: arn(where, "sqs", name),
    url: `https://sqs.${where.region}.example/${account}/${name}`,
  }),
  "aws:iam/role:Role": (name, _inputs, { partition }) => ({
    name,
    arn: `arn:${partition}:iam::${account}:role/${name}`,
  }),
  "aws:cloudwatch/logGroup:LogGroup": (name, { namePrefix = "" }, where) => ({
    name: namePrefix + name,
    arn: arn(where, "logs", `log-group:${namePrefix}${name}`),
  }),
  "aws:cloudwatch/eventRule:EventRule": (name, _inputs, where) => ({ name, arn: arn(where, "events", `rule/${name}`) }),
  "aws:lambda/function:Function": (name, _inputs, where) => ({
    name,
    arn: arn(where, "lambda", `function:${name}`),
    invokeArn: `arn:${where.partition}:apigateway:${where.region}:lambda:path/functions/${name}/invocations`,
  }),
  "aws:lambda/layerVersion:LayerVersion": (_name, { layerName }, where) => ({
    arn: arn(where, "lambda", `layer:${layerName}:1`),
  }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": (name, _inputs, where) => ({
    name,
    arn: arn(where, "cloudwatch", `alarm:${name}`),
  }),
  "aws:kms/key:Key": (name, _inputs, where) => ({ keyId: name, arn: arn(where, "kms", `key/${name}`) }),
  "aws:apigatewayv2/api:Api": (name, _inputs, { partition, region }) => ({
    name,
    apiEndpoint: `https://${name}.execute-api.${region}.example`,
    executionArn: `arn:${partition}:execute-api:${region}:${account}:${name}`,
  }),
  "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": (_name, { bucket }, { region }) => ({
    websiteEndpoint: `${bucket}.s3-website.${region}.example`,
  }),
  "aws:sfn/stateMachine:StateMachine": (name, _inputs, where) => ({
    name,
    arn: arn(where, "states", `stateMachine:${name}`),
  }),
};

/** Types whose outputs are never read. */
const withoutOutputs = new Set([
  "aws:apigatewayv2/integration:Integration",
  "aws:apigatewayv2/route:Route",
  "aws:apigatewayv2/stage:Stage",
  "aws:cloudwatch/dashboard:Dashboard",
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  "aws:lambda/permission:Permission",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:s3/bucketObjectv2:BucketObjectv2",
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketNotification:BucketNotification",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:sqs/queuePolicy:QueuePolicy",
  "aws:cloudfront/originAccessControl:OriginAccessControl",
  "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:cloudwatch/eventTarget:EventTarget",
  "awsx:cloudtrail:Trail",
]);

function arn({ partition, region }: Identity, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** AWS's answer to a resource's creation: its id, and its inputs with the computed outputs. */
export function answer(
  args: Pick<pulumi.runtime.MockResourceArgs, "type" | "name" | "inputs" | "id">,
  where: Identity,
): pulumi.runtime.MockResourceResult {
  // Pulumi's auto-naming: the logical name and seven characters, so that two of one name differ by their URN.
  const physical = args.id || `${args.name}-${hash(where.urn)}`.toLowerCase();
  const inputs = args.inputs as Record<string, string>;
  const compute = outputs[args.type];
  if (compute === undefined && !withoutOutputs.has(args.type)) {
    throw new Error(`The harness does not know what AWS computes for ${args.type}.`);
  }
  return { id: physical, state: { ...inputs, ...compute?.(physical, inputs, where) } };
}

function hash(text: string): string {
  let value = 5381;
  for (const character of text) value = (Math.imul(value, 33) ^ character.charCodeAt(0)) >>> 0;
  return value.toString(16).padStart(8, "0").slice(0, 7);
}

/** The text files of an archive of assets, by their path. */
export async function textFilesOf(archive: unknown): Promise<Readonly<Record<string, string>>> {
  const { assets } = (await archive) as { assets: Promise<Record<string, unknown>> };
  const files = Object.entries(await assets).map(async ([path, asset]) => {
    const { text } = (await asset) as { text?: Promise<string> };
    if (text === undefined) throw new Error(`${path} of the archive is not a text.`);
    return [path, await text] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

export interface PolicyStatement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

/** The statements of a policy that an input holds as JSON text. */
export function statementsOf(resource: Registered, input = "policy"): readonly PolicyStatement[] {
  return (JSON.parse(resource.inputs[input] as string) as { Statement: PolicyStatement[] }).Statement;
}

/** An ARN with Pulumi's auto-generated names replaced by the logical ones. */
export function readable(arn: string): string {
  return arn
    .replace(/^arn:aws:(\w+):(?:ap-southeast-1)?:(?:123456789012)?:/, "$1:")
    .replace(/-[0-9a-f]{7}(?![0-9a-f])/g, "");
}
