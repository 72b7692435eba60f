import type { ProgramGraph } from "../program/graph";

/** Types without a visible effect on one machine: encryption at rest, monitoring, retention, price. */
const inert: readonly string[] = [
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
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
  "aws:resourcegroups/group:Group",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketLogging:BucketLogging",
  "aws:s3/bucketMetric:BucketMetric",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketTransferAccelerationConfiguration:BucketAccelerateConfigurationV2",
];

/** Providers whose resources live in the program's own state: random values, commands, provider settings. */
const elsewhere = /^(pulumi:|random:|tls:|time:|null:)/;

/** A line for each type of the program that has no local counterpart and is left out. */
export function leftOut(graph: ProgramGraph, served: readonly string[]): readonly string[] {
  const known = new Set([...served, ...inert]);
  const names = new Map<string, string[]>();
  for (const { type, name, custom, remote } of graph.resources) {
    if (remote) names.set(type, [...(names.get(type) ?? []), `${name} and what its own plugin makes below it`]);
    else if (custom && !known.has(type) && !elsewhere.test(type)) names.set(type, [...(names.get(type) ?? []), name]);
  }
  return [...names].map(([type, all]) => `${type} has no local counterpart and is left out: ${all.join(", ")}.`);
}
