import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { reconcileMetrics } from "../../handlers/reconcile/report";
import { physicalName, placeOf } from "../names";
import type { NoticeTopics } from "../notices/notice-topics";
import type { UploadRule } from "../flow/upload-rule";
import { rekognitionOperations } from "./alarms";
import type { Operations } from "./operations";

export interface DashboardArgs {
  readonly topics: NoticeTopics;
  readonly stateMachine: aws.sfn.StateMachine;
  readonly functions: ReadonlyMap<string, aws.lambda.Function>;
  readonly rule: UploadRule;
  readonly operations: Operations;
  readonly alarms: readonly aws.cloudwatch.MetricAlarm[];
}

/** The widgets' values, once known. */
interface Known {
  readonly stateMachine: string;
  readonly functions: Readonly<Record<string, { readonly name: string; readonly logGroup: string }>>;
  readonly success: string;
  readonly failure: string;
  readonly deadLetters: string;
  readonly reconcile: string;
  readonly alarms: readonly string[];
}

/** The outcome of photos: accepted, refused and why, failed; the duration of each step, and throttling. */
export function createDashboard(
  name: string,
  args: DashboardArgs,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.Dashboard {
  const known = pulumi.output({
    stateMachine: args.stateMachine.arn,
    functions: Object.fromEntries(
      [...args.functions].map(([step, made]) => [
        step,
        { name: made.name, logGroup: made.loggingConfig.apply(({ logGroup }) => logGroup) },
      ]),
    ),
    success: args.topics.success.name,
    failure: args.topics.failure.name,
    deadLetters: args.rule.deadLetters.name,
    reconcile: args.operations.reconcile.name,
    alarms: args.alarms.map(({ arn }) => arn),
  });
  return new aws.cloudwatch.Dashboard(
    `${name}-photos`,
    { dashboardName: physicalName(name, 255), dashboardBody: known.apply((now) => JSON.stringify(bodyOf(now))) },
    opts,
  );
}

type Metric = readonly (string | Readonly<Record<string, unknown>>)[];

function bodyOf(known: Known): { readonly widgets: readonly unknown[] } {
  const { region } = placeOf(known.stateMachine);
  const graph = (title: string, metrics: readonly Metric[], more: Readonly<Record<string, unknown>> = {}) => ({
    type: "metric",
    width: 12,
    height: 6,
    properties: { title, region, view: "timeSeries", stat: "Sum", period: 300, metrics, ...more },
  });
  const flow = (metric: string, label: string, more: Readonly<Record<string, unknown>> = {}): Metric => [
    "AWS/States",
    metric,
    "StateMachineArn",
    known.stateMachine,
    { label, ...more },
  ];
  const published = (topic: string, label: string): Metric => [
    "AWS/SNS",
    "NumberOfMessagesPublished",
    "TopicName",
    topic,
    { label },
  ];
  const compared = (metric: string, label: string): Metric => [
    reconcileMetrics.namespace,
    metric,
    "FunctionName",
    known.reconcile,
    { label },
  ];
  const steps = Object.entries(known.functions);
  return {
    widgets: [
      { type: "alarm", width: 24, height: 3, properties: { title: "Alarms", alarms: known.alarms } },
      graph("Photos", [
        published(known.success, "accepted"),
        published(known.failure, "refused or failed"),
        flow("ExecutionsFailed", "failed"),
        flow("ExecutionsTimedOut", "timed out"),
        flow("ExecutionsAborted", "aborted"),
      ]),
      {
        type: "log",
        width: 12,
        height: 6,
        properties: {
          title: "Refused, by reason",
          region,
          view: "bar",
          query: refusalsIn(steps.map(([, step]) => step.logGroup)),
        },
      },
      graph(
        "Time from upload to end",
        [
          flow("ExecutionTime", "median", { stat: "p50" }),
          flow("ExecutionTime", "95 of 100", { stat: "p95" }),
          flow("ExecutionTime", "slowest", { stat: "Maximum" }),
        ],
        { yAxis: { left: { label: "ms", showUnits: false } } },
      ),
      graph(
        "Time per step, 95 of 100",
        steps.map(([step, { name }]) => ["AWS/Lambda", "Duration", "FunctionName", name, { label: step }]),
        { stat: "p95", yAxis: { left: { label: "ms", showUnits: false } } },
      ),
      graph("Throttled", [
        ...rekognitionOperations.map((operation): Metric => [
          "AWS/Rekognition",
          "ThrottledCount",
          "Operation",
          operation,
          { label: operation },
        ]),
        ["AWS/Lambda", "Throttles", { label: "Lambda" }],
        flow("ExecutionThrottled", "Step Functions"),
      ]),
      graph("Errors per step, refusals among them, and dead letters", [
        ...steps.map(([step, { name }]): Metric => ["AWS/Lambda", "Errors", "FunctionName", name, { label: step }]),
        [
          "AWS/SQS",
          "ApproximateNumberOfMessagesVisible",
          "QueueName",
          known.deadLetters,
          { label: "dead letters", stat: "Maximum" },
        ],
      ]),
      graph(
        "Differences that the nightly comparison found, and left for a person",
        [compared(reconcileMetrics.found, "found"), compared(reconcileMetrics.left, "left")],
        { stat: "Maximum", period: 3600 },
      ),
    ],
  };
}

/**
 * Counts the reasons in the steps' logs (handlers/runtime/step.ts), one line per refusal. Only reasons are written in
 * capitals; the names of faults are not.
 */
function refusalsIn(logGroups: readonly string[]): string {
  return [
    ...logGroups.map((group) => `SOURCE '${group}'`),
    'filter @message like /"outcome":"error"/',
    'parse @message /"error":"(?<reason>[A-Z_]+)"/',
    "filter ispresent(reason)",
    "stats count(*) as photos by reason",
    "sort photos desc",
  ].join(" | ");
}
