/**
 * The AWS-managed policies that a small program attaches, as AWS publishes them
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/). Others are reported, never guessed.
 */
export const managedPolicies: ReadonlyMap<string, readonly string[]> = new Map([
  ["service-role/AWSLambdaBasicExecutionRole", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]],
  [
    "AWSXRayDaemonWriteAccess",
    [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:GetSamplingStatisticSummaries",
    ],
  ],
  [
    "service-role/AWSLambdaVPCAccessExecutionRole",
    [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
  ],
]);
