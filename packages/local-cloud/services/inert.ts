import type { ProgramGraph } from "../program/graph";

/** Types that some part of the assembly reads, alone or together with the resource they belong to. */
export const SERVED: readonly string[] = [
  "aws:apigatewayv2/api:Api",
  "aws:apigatewayv2/integration:Integration",
  "aws:apigatewayv2/route:Route",
  "aws:apigatewayv2/stage:Stage",
  "aws:cloudfront/distribution:Distribution",
  "aws:cloudwatch/eventRule:EventRule",
  "aws:cloudwatch/eventTarget:EventTarget",
  "aws:dynamodb/table:Table",
  "aws:iam/policy:Policy",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:lambda/function:Function",
  "aws:lambda/layerVersion:LayerVersion",
  "aws:lambda/permission:Permission",
  "aws:rekognition/collection:Collection",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
  "aws:s3/bucketNotification:BucketNotification",
  "aws:s3/bucketObject:BucketObject",
  "aws:s3/bucketObjectv2:BucketObjectv2",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketV2:BucketV2",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
  "aws:sesv2/configurationSet:ConfigurationSet",
  "aws:sesv2/emailIdentity:EmailIdentity",
  "aws:sfn/stateMachine:StateMachine",
  "aws:sns/topic:Topic",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:sqs/queue:Queue",
  "aws:sqs/queuePolicy:QueuePolicy",
];

/** Types that change nothing that could be seen on one machine: encryption at rest, watching, keeping, price. */
const INERT: readonly string[] = [
  "aws:apigatewayv2/deployment:Deployment",
  "aws:cloudfront/cachePolicy:CachePolicy",
  "aws:cloudfront/function:Function",
  "aws:cloudfront/originAccessControl:OriginAccessControl",
  "aws:cloudfront/originRequestPolicy:OriginRequestPolicy",
  "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  "aws:cloudwatch/compositeAlarm:CompositeAlarm",
  "aws:cloudwatch/dashboard:Dashboard",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:kms/alias:Alias",
  "aws:kms/key:Key",
  "aws:kms/keyPolicy:KeyPolicy",
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
  "aws:resourcegroups/group:Group",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketLogging:BucketLogging",
  "aws:s3/bucketMetric:BucketMetric",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketTransferAccelerationConfiguration:BucketAccelerateConfigurationV2",
];

/** Providers whose resources live in the program's own state: random values, commands, settings of providers. */
const ELSEWHERE = /^(pulumi:|random:|tls:|time:|null:)/;

/** A line for each type of the program that has no local counterpart and is left out. */
export function leftOut(graph: ProgramGraph): readonly string[] {
  const known = new Set([...SERVED, ...INERT]);
  const names = new Map<string, string[]>();
  for (const { type, name, custom, remote } of graph.resources) {
    if (remote) names.set(type, [...(names.get(type) ?? []), `${name} and what its own plugin makes below it`]);
    else if (custom && !known.has(type) && !ELSEWHERE.test(type)) names.set(type, [...(names.get(type) ?? []), name]);
  }
  return [...names].map(([type, all]) => `${type} has no local counterpart and is left out: ${all.join(", ")}.`);
}
