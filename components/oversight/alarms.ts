import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { reconcileMetrics } from "../../handlers/reconcile/report";
import { overDailyLimit } from "../../handlers/api/issue-upload/handler";
import { missedMetric } from "../../handlers/start-missed/handler";
import { metricNamespace } from "../../handlers/runtime/metrics";
import type { Settings } from "../settings";
import type { UploadRule } from "../flow/upload-rule";
import type { UploadPage } from "../page/upload-site";
import { SiteAccess } from "../args";
import type { StudentMail } from "../notices/student-mail";
import type { Operations } from "./operations";

export interface AlarmsArgs {
  readonly settings: Pick<Settings, "site" | "tags">;
  readonly operatorTopic: aws.sns.Topic;
  readonly stateMachine: aws.sfn.StateMachine;
  readonly rule: UploadRule;
  readonly operations: Operations;
  /** Absent if students get no mail of their own. */
  readonly mail: StudentMail | undefined;
  /** Absent without `site.enabled`. */
  readonly page: UploadPage | undefined;
}

/** Rekognition's metrics by operation, over the whole account: its limits are the account's. */
export const rekognitionOperations = ["DetectFaces", "SearchFacesByImage", "IndexFaces", "SearchFaces"] as const;

const fiveMinutes = 300;

/**
 * The alarms for operators: every fault of the pipeline, and every sign of a coming one. A refused photo raises none.
 *
 * Every alarm is silent while nothing is measured: no uploads is not a fault. Only the alarm about the nightly
 * comparison's remaining differences stays until a comparison leaves none: it is measured once a night.
 */
export function createAlarms(
  name: string,
  args: AlarmsArgs,
  opts: pulumi.CustomResourceOptions,
): readonly aws.cloudwatch.MetricAlarm[] {
  const { settings, stateMachine, rule, operations, mail, page } = args;
  const alarm = (part: string, description: string, watched: Watched) =>
    new aws.cloudwatch.MetricAlarm(
      `${name}-${part}`,
      {
        alarmDescription: description,
        treatMissingData: "notBreaching",
        ...watched,
        comparisonOperator: "GreaterThanThreshold",
        alarmActions: [args.operatorTopic.arn],
        okActions: [args.operatorTopic.arn],
        tags: args.settings.tags,
      },
      opts,
    );
  const ofFlow = (metricName: string): Watched => ({
    ...any,
    namespace: "AWS/States",
    metricName,
    dimensions: { StateMachineArn: stateMachine.arn },
  });
  const ofFunction = (made: aws.lambda.Function, metricName: string): Watched => ({
    ...any,
    namespace: "AWS/Lambda",
    metricName,
    dimensions: { FunctionName: made.name },
  });
  const ofQueue = (queue: aws.sqs.Queue): Watched => ({
    ...any,
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queue.name },
    statistic: "Maximum",
  });
  return [
    alarm(
      "flow-failed",
      "Photos could not be processed for a fault of ours. The failure notices and the executions say why. Fix it, " +
        "then start each execution again with the same input: the photos are kept until then.",
      ofFlow("ExecutionsFailed"),
    ),
    alarm(
      "timed-out",
      "Photos were not processed within 12 hours. Look for a service that throttles or is down; start each execution " +
        "again with the same input.",
      ofFlow("ExecutionsTimedOut"),
    ),
    alarm(
      "dead-letters",
      "Events could not start the flow within a day, so that photos were not processed at all. Fix the cause, then " +
        "start an execution with each message of the queue as its input.",
      ofQueue(rule.deadLetters),
    ),
    alarm(
      "events-lost",
      "Events could neither start the flow nor be kept in the queue of dead letters. Compare the stores with " +
        "`avatar-pipeline reconcile`, and check the queue's policy and key.",
      {
        ...overMetrics(
          [rule.uploaded, rule.interrupted].map(({ name: ruleName }) => ({
            namespace: "AWS/Events",
            metricName: "InvocationsFailedToBeSentToDlq",
            dimensions: { RuleName: ruleName },
          })),
        ),
        threshold: 0,
        evaluationPeriods: 1,
      },
    ),
    alarm(
      "rekognition-throttled",
      "Rekognition has throttled for 15 minutes. Photos wait and are processed later; when the school registers a " +
        "whole year, ask AWS for more calls a second.",
      {
        ...overMetrics(
          rekognitionOperations.map((Operation) => ({
            namespace: "AWS/Rekognition",
            metricName: "ThrottledCount",
            dimensions: { Operation },
          })),
        ),
        // A class that uploads together is throttled for a moment; the retries cover that.
        threshold: 0,
        evaluationPeriods: 3,
        datapointsToAlarm: 3,
      },
    ),
    alarm(
      "functions-throttled",
      "Lambda has refused calls for 15 minutes: the account's functions run at its limit. Photos wait; ask AWS for " +
        "more concurrent executions.",
      // Without a dimension: all functions of the account share one limit, whichever function uses it up.
      { ...any, namespace: "AWS/Lambda", metricName: "Throttles", evaluationPeriods: 3, datapointsToAlarm: 3 },
    ),
    alarm(
      "flow-throttled",
      "Step Functions has held back state changes for 15 minutes. Photos wait; ask AWS for more transitions a second.",
      { ...ofFlow("ExecutionThrottled"), evaluationPeriods: 3, datapointsToAlarm: 3 },
    ),
    alarm(
      "reconcile-left",
      "The nightly comparison of the stores found differences that it cannot fix: two students with one face, or a " +
        "thumbnail that is gone. See them with `avatar-pipeline reconcile --stack NAME --search-faces`. The alarm ends with " +
        "the first run that fixes differences and leaves none.",
      {
        ...any,
        namespace: reconcileMetrics.namespace,
        metricName: reconcileMetrics.left,
        dimensions: { FunctionName: operations.reconcile.name },
        statistic: "Maximum",
        treatMissingData: "ignore",
      },
    ),
    alarm(
      "reconcile-failed",
      "The nightly comparison of the stores failed, so that leftovers are not found. The function's log says why.",
      ofFunction(operations.reconcile, "Errors"),
    ),
    alarm(
      "photos-missed",
      "No execution had taken a photo for 10 minutes after it was stored; one was started for it. In the first minutes " +
        "of a new stack this is normal. Later, check that the bucket sends its events to EventBridge and that the rule " +
        "for uploads is enabled.",
      {
        ...any,
        namespace: reconcileMetrics.namespace,
        metricName: missedMetric,
        dimensions: { FunctionName: operations.startMissed.name },
      },
    ),
    alarm(
      "start-missed-failed",
      "The search for photos that no execution has taken failed. The function's log says why; the nightly comparison " +
        "starts such photos as well.",
      ofFunction(operations.startMissed, "Errors"),
    ),
    ...(page === undefined || settings.site.access !== SiteAccess.Open
      ? []
      : [
          alarm(
            "daily-limit",
            "The page has taken as many uploads as it may in a day (`upload.maxPerDayIfOpen`) and refuses all others until " +
              "0:00 UTC. Anybody can upload: if students sent these, raise the limit; if not, deploy with `site.access` " +
              "set to `Invite`. Copies into the bucket are still processed.",
            {
              ...any,
              namespace: metricNamespace,
              metricName: overDailyLimit,
              dimensions: { FunctionName: page.issueUpload.name },
            },
          ),
        ]),
    ...(mail === undefined
      ? []
      : [
          alarm(
            "mail-failed",
            "The function that mails students fails as a whole, so that none is mailed; the topics' subscribers were " +
              "notified. Its log says why. The notices wait in its queue and then among its dead letters.",
            ofFunction(mail.mailer, "Errors"),
          ),
          alarm(
            "mail-undelivered",
            "Students could not be mailed within an hour; the topics' subscribers were notified. The function's log " +
              "says why: an address that SES has not verified, a region still in SES's sandbox, or a sending limit. " +
              "Fix the cause, then send the queue's messages again: docs/guides/operate.md, Mail that failed.",
            ofQueue(mail.deadLetters),
          ),
        ]),
  ];
}

type Watched = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  | "namespace"
  | "metricName"
  | "metricQueries"
  | "dimensions"
  | "statistic"
  | "period"
  | "threshold"
  | "treatMissingData"
  | "datapointsToAlarm"
> & { readonly evaluationPeriods: number };

/** One is enough. */
const any = { statistic: "Sum", period: fiveMinutes, threshold: 0, evaluationPeriods: 1 };

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, pulumi.Input<string>>;
}

/** The sum of several metrics; those without data count as 0. */
function overMetrics(metrics: readonly Metric[]): Pick<Watched, "metricQueries"> {
  const ids = metrics.map((_, index) => `m${index + 1}`);
  return {
    metricQueries: [
      {
        id: "sum",
        expression: ids.map((id) => `FILL(${id}, 0)`).join(" + "),
        label: metrics[0]?.metricName ?? "",
        returnData: true,
      },
      ...metrics.map((metric, index) => ({
        id: ids[index] ?? "",
        metric: { ...metric, stat: "Sum", period: fiveMinutes },
      })),
    ],
  };
}
