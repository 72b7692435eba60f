import type { ProgramGraph } from "../../../packages/local-cloud/program/graph";
import { nameIn, nodesOf, type Node } from "../../../packages/local-cloud/program/nodes";

/** A request of AWS's API, for botocore's model of it. */
export interface Request {
  /** Who sends or declares it. */
  readonly from: string;
  /** botocore's name of the service: `stepfunctions`. */
  readonly service: string;
  readonly operation: string;
  readonly input: object;
}

/** Members in the case of AWS's API, without those that are absent: `maxAge` becomes `MaxAge`. */
function inCase(value: unknown, change: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((member) => inCase(member, change));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(members.map(([name, member]) => [change(name), inCase(member, change)]));
}

const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const same = (name: string) => name;

type Counterpart = (node: Node) => Omit<Request, "from">;

/** A counterpart whose members have the provider's names, after a few are renamed. */
const like =
  (
    service: string,
    operation: string,
    rename: (inputs: Record<string, unknown>) => object,
    change = upper,
  ): Counterpart =>
  ({ inputs }) => ({
    service,
    operation,
    input: inCase(rename(structuredClone({ ...inputs, tags: undefined })), change) as object,
  });

const json = (value: unknown) => JSON.stringify(value);

/** The request that creates a resource, by its type. */
const counterparts: Readonly<Record<string, Counterpart>> = {
  "aws:rekognition/collection:Collection": like("rekognition", "CreateCollection", (inputs) => inputs),
  "aws:cloudwatch/logGroup:LogGroup": (node) => ({
    service: "logs",
    operation: "PutRetentionPolicy",
    input: { logGroupName: `/aws/lambda/${node.name}`, retentionInDays: node.number("retentionInDays") },
  }),
  "aws:cloudwatch/eventRule:EventRule": like("events", "PutRule", (inputs) => ({ name: "rule", ...inputs })),
  "aws:cloudwatch/eventTarget:EventTarget": (node) => {
    const transformer = node.block("inputTransformer");

    const target = {
      ...node.inputs,
      rule: undefined,
      id: node.required("targetId"),
      inputTransformer: transformer && {
        ...transformer,
        inputPathsMap: transformer["inputPaths"],
        inputPaths: undefined,
      },
    };
    return {
      service: "events",
      operation: "PutTargets",
      input: { Rule: nameIn(node.required("rule")), Targets: [inCase(target, upper)] },
    };
  },
  "aws:sqs/queue:Queue": (node) => ({
    service: "sqs",
    operation: "CreateQueue",
    input: {
      QueueName: node.required("name"),
      Attributes: Object.fromEntries(
        Object.entries(node.inputs).flatMap(([name, value]) =>
          name === "tags" || name === "name"
            ? []
            : [
                [
                  name === "sqsManagedSseEnabled"
                    ? "SqsManagedSseEnabled"
                    : upper(name).replace("Seconds", "Period").replace("RetentionPeriod", "RetentionPeriod"),
                  String(value),
                ],
              ],
        ),
      ),
    },
  }),
  "aws:iam/role:Role": (node) => ({
    service: "iam",
    operation: "CreateRole",
    input: {
      RoleName: node.required("name"),
      AssumeRolePolicyDocument: node.required("assumeRolePolicy"),
      Description: node.text("description"),
    },
  }),
  "aws:iam/rolePolicy:RolePolicy": (node) => ({
    service: "iam",
    operation: "PutRolePolicy",
    input: { RoleName: nameIn(node.required("role")), PolicyName: node.name, PolicyDocument: node.required("policy") },
  }),
  "aws:dynamodb/table:Table": (node) => ({
    service: "dynamodb",
    operation: "CreateTable",
    input: {
      TableName: node.required("name"),
      AttributeDefinitions: node.blocks("attributes").map(({ name, type }) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      KeySchema: [{ AttributeName: node.required("hashKey"), KeyType: "HASH" }],
      BillingMode: node.text("billingMode"),
      DeletionProtectionEnabled: node.flag("deletionProtectionEnabled"),
    },
  }),
  "aws:sns/topicSubscription:TopicSubscription": (node) => ({
    service: "sns",
    operation: "Subscribe",
    input: {
      TopicArn: node.required("topic"),
      Protocol: node.required("protocol"),
      Endpoint: node.required("endpoint"),
    },
  }),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": like(
    "s3",
    "PutPublicAccessBlock",
    ({ bucket, skipDestroy: _skip, ...rest }) => ({ bucket, publicAccessBlockConfiguration: rest }),
  ),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": like(
    "s3",
    "PutBucketOwnershipControls",
    ({ bucket, rule }) => ({
      bucket,
      ownershipControls: { rules: [rule] },
    }),
  ),
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": like(
    "s3",
    "PutBucketCors",
    ({ bucket, corsRules }) => ({ bucket, corsConfiguration: { corsRules } }),
    (name) => (name === "corsRules" ? "CORSRules" : name === "corsConfiguration" ? "CORSConfiguration" : upper(name)),
  ),
  "aws:lambda/function:Function": (node) => ({
    service: "lambda",
    operation: "CreateFunction",
    input: inCase(
      {
        ...Object.fromEntries(
          [
            "architectures",
            "description",
            "handler",
            "memorySize",
            "role",
            "runtime",
            "timeout",
            "tracingConfig",
            "loggingConfig",
          ].map((name) => [name, node.inputs[name]]),
        ),
        layers: node.texts("layers"),
        functionName: node.required("name"),
        code: { zipFile: { type: "Buffer", data: [0] } },
        environment: { variables: {} },
      },
      (name) => (name === "type" || name === "data" ? name : upper(name)),
    ) as object,
  }),
  "aws:lambda/permission:Permission": (node) => ({
    service: "lambda",
    operation: "AddPermission",
    input: {
      ...(inCase({ ...node.inputs, function: undefined }, upper) as object),
      StatementId: node.name,
      FunctionName: node.required("function"),
    },
  }),
  "aws:sfn/stateMachine:StateMachine": (node) => ({
    service: "stepfunctions",
    operation: "CreateStateMachine",
    input: {
      name: node.required("name"),
      definition: node.required("definition"),
      roleArn: node.required("roleArn"),
      type: node.inputs["type"],
      tracingConfiguration: node.inputs["tracingConfiguration"],
    },
  }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": like(
    "cloudwatch",
    "PutMetricAlarm",
    ({ dimensions, metricQueries, ...rest }) => ({
      alarmName: "alarm",
      ...rest,
      dimensions: Object.entries(dimensions ?? {}).map(([Name, Value]) => ({
        Name,
        Value: Value as unknown,
      })),
      metrics: (metricQueries as Record<string, unknown>[] | undefined)?.map(({ metric, ...query }) => {
        if (metric === undefined) return query;
        const { metricName, namespace, dimensions: by, stat, period } = metric as Record<string, unknown>;
        const list = Object.entries(by ?? {}).map(([Name, Value]) => ({ Name, Value: Value as unknown }));
        return { ...query, metricStat: { metric: { metricName, namespace, dimensions: list }, stat, period } };
      }),
    }),
    (name) => (name === "okActions" ? "OKActions" : upper(name)),
  ),
  "aws:apigatewayv2/api:Api": like("apigatewayv2", "CreateApi", (inputs) => ({ name: "api", ...inputs })),
  "aws:apigatewayv2/integration:Integration": like(
    "apigatewayv2",
    "CreateIntegration",
    ({ timeoutMilliseconds, ...rest }) => ({ ...rest, timeoutInMillis: timeoutMilliseconds }),
  ),
  "aws:apigatewayv2/route:Route": like("apigatewayv2", "CreateRoute", (inputs) => inputs),
  "aws:cloudwatch/dashboard:Dashboard": like("cloudwatch", "PutDashboard", (inputs) => inputs),
  "aws:kms/key:Key": (node) => ({
    service: "kms",
    operation: "CreateKey",
    input: { Policy: node.required("policy"), Description: node.text("description") },
  }),
};

/** The requests that create the declared resources, as far as one of AWS's operations is their counterpart. */
export function declaredRequests(graph: ProgramGraph): readonly Request[] {
  return Object.entries(counterparts).flatMap(([type, counterpart]) =>
    nodesOf(graph, type).map((node) => {
      const request = counterpart(node);
      return { from: `${type} ${node.name}`, ...request, input: inCase(request.input, same) as object };
    }),
  );
}

/**
 * Every policy that names resources, by its resource's type and name. Trust policies name none, and in a key's policy `*`
 * is the key itself: those are in the template.
 */
export function declaredPolicies(graph: ProgramGraph): Readonly<Record<string, string>> {
  const found = graph.resources.flatMap(({ type, name, inputs }) =>
    typeof inputs["policy"] === "string" && type !== "aws:kms/key:Key"
      ? [[`${type} ${name}`, inputs["policy"]] as const]
      : [],
  );
  return Object.fromEntries(found);
}

/** A CloudFormation template of the machine, the rules and the policies. */
export function templateOf(graph: ProgramGraph): { readonly Resources: Readonly<Record<string, object>> } {
  const resources: Record<string, object> = {};
  const add = (type: string, each: string, properties: (node: Node) => object) => {
    for (const node of nodesOf(graph, type)) {
      const id = `${each.split("::").join("")}${node.name.replace(/[^A-Za-z0-9]/g, "x")}`;
      resources[id] = { Type: each, Properties: JSON.parse(json(properties(node))) as object };
    }
  };
  const parsed = (text: string) => JSON.parse(text) as unknown;
  add("aws:sfn/stateMachine:StateMachine", "AWS::StepFunctions::StateMachine", (node) => ({
    RoleArn: node.required("roleArn"),
    Definition: parsed(node.required("definition")),
  }));
  add("aws:cloudwatch/eventRule:EventRule", "AWS::Events::Rule", (node) => ({
    EventPattern: node.text("eventPattern") === undefined ? undefined : parsed(node.text("eventPattern") ?? ""),
    ScheduleExpression: node.text("scheduleExpression"),
  }));
  add("aws:iam/role:Role", "AWS::IAM::Role", (node) => ({
    AssumeRolePolicyDocument: parsed(node.required("assumeRolePolicy")),
  }));
  add("aws:iam/rolePolicy:RolePolicy", "AWS::IAM::Policy", (node) => ({
    PolicyName: node.name,
    Roles: [nameIn(node.required("role"))],
    PolicyDocument: parsed(node.required("policy")),
  }));
  add("aws:s3/bucketPolicy:BucketPolicy", "AWS::S3::BucketPolicy", (node) => ({
    Bucket: node.required("bucket"),
    PolicyDocument: parsed(node.required("policy")),
  }));
  add("aws:sns/topicPolicy:TopicPolicy", "AWS::SNS::TopicPolicy", (node) => ({
    Topics: [node.required("arn")],
    PolicyDocument: parsed(node.required("policy")),
  }));
  add("aws:sqs/queuePolicy:QueuePolicy", "AWS::SQS::QueuePolicy", (node) => ({
    Queues: [node.required("queueUrl").replace("http://127.0.0.1:0", "https://sqs.ap-southeast-1.amazonaws.com")],
    PolicyDocument: parsed(node.required("policy")),
  }));
  add("aws:kms/key:Key", "AWS::KMS::Key", (node) => ({ KeyPolicy: parsed(node.required("policy")) }));
  return { Resources: resources };
}
