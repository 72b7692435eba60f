import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { definitionWith } from "../../handlers/machine";
import { assumedBy, document } from "../policies";
import type { Settings } from "../settings";
import { logGroupArgs } from "./log-group";

/** The machine that leads a photo through the steps: handlers/machine.ts with the ARNs of the steps' functions. */
export function createStateMachine(
  name: string,
  args: {
    readonly settings: Pick<Settings, "retention" | "kmsKeyArn" | "tags">;
    readonly functions: ReadonlyMap<string, aws.lambda.Function>;
  },
  opts: pulumi.CustomResourceOptions,
): aws.sfn.StateMachine {
  const part = `${name}-flow`;
  const { settings } = args;
  const arns = pulumi.all(Object.fromEntries([...args.functions].map(([step, { arn }]) => [step, arn])));
  const logs = new aws.cloudwatch.LogGroup(
    part,
    // With this prefix, AWS writes without adding each group to the account's single, size-limited resource policy.
    logGroupArgs(`/aws/vendedlogs/states/${part}-`, settings),
    opts,
  );
  const role = new aws.iam.Role(
    part,
    { description: `The flow of ${name}`, assumeRolePolicy: assumedBy("states.amazonaws.com"), tags: settings.tags },
    opts,
  );
  const policy = new aws.iam.RolePolicy(part, { role: role.name, policy: arns.apply(policyOf) }, opts);
  return new aws.sfn.StateMachine(
    part,
    {
      type: "STANDARD",
      roleArn: role.arn,
      definition: arns.apply(definitionWith),
      loggingConfiguration: {
        level: "ALL",
        // The states' data name students and contain the positions of their faces.
        includeExecutionData: false,
        logDestination: pulumi.interpolate`${logs.arn}:*`,
      },
      tracingConfiguration: { enabled: true },
      tags: settings.tags,
    },
    // Step Functions checks immediately that the role may write the logs.
    { ...opts, dependsOn: [policy] },
  );
}

function policyOf(arns: Readonly<Record<string, string>>): pulumi.Output<string> {
  return document([
    { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: Object.values(arns) },
    {
      // The delivery of logs and traces has no resources to name; these are AWS's own lists for it.
      Effect: "Allow",
      Action: [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ],
      Resource: ["*"],
    },
  ]);
}
