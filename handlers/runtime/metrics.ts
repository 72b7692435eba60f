/** The namespace of the pipeline's own metrics. */
export const metricNamespace = "AvatarPipeline";

/** One metric's line in CloudWatch's embedded metric format, by function. */
export function metricLine(name: string, count: number, functionName: string, at: Date): string {
  const metric = {
    Namespace: metricNamespace,
    Dimensions: [["FunctionName"]],
    Metrics: [{ Name: name, Unit: "Count" }],
  };
  const _aws = { Timestamp: at.getTime(), CloudWatchMetrics: [metric] };
  return JSON.stringify({ _aws, FunctionName: functionName, [name]: count });
}
