import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { eraseStudentFunction } from "../../handlers/erase-student/definition";
import { reconcileFunction } from "../../handlers/reconcile/definition";
import { startMissedFunction } from "../../handlers/start-missed/definition";
import { createFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../parts";

export interface Operations {
  /** Compares the stores and fixes differences; called by the schedule and by `avatar-pipeline reconcile`. */
  readonly reconcile: aws.lambda.Function;
  /** Starts photos that no execution has taken; called by a schedule. */
  readonly startMissed: aws.lambda.Function;
  /** Erases a student; called by `avatar-pipeline erase`. */
  readonly eraseStudent: aws.lambda.Function;
}

/** The operator's functions, and the schedule for comparing and fixing the stores. */
export function createOperations(
  name: string,
  parts: PipelineParts & { readonly stateMachine: aws.sfn.StateMachine },
  opts: pulumi.CustomResourceOptions,
): Operations {
  const { stateMachine } = parts;
  const shared = functionContext(parts);
  const context = {
    ...shared,
    arns: {
      ...shared.arns,
      stateMachine: stateMachine.arn,
      executions: stateMachine.arn.apply((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`),
    },
  };
  const reconcile = createFunction(name, reconcileFunction, context, opts);
  const eraseStudent = createFunction(name, eraseStudentFunction, context, opts);
  const startMissed = createFunction(name, startMissedFunction, context, opts);
  const scheduled = (part: string, args: ScheduleArgs) => schedule(`${name}-${part}`, parts.settings, args, opts);
  // Every night, so that the remains of a fault are cleaned up before the next day's uploads.
  scheduled("reconcile", {
    description: `Compares and fixes the stores of ${name}`,
    // 18:00 UTC is 1 in the morning in Vietnam.
    scheduleExpression: "cron(0 18 * * ? *)",
    calls: reconcile,
    input: { fix: true, searchNewFaces: true },
  });
  // A new bucket sends no events for about five minutes: a student's photo must not wait for the night.
  scheduled("start-missed", {
    description: `Starts photos of ${name} whose event was lost`,
    scheduleExpression: "rate(15 minutes)",
    calls: startMissed,
    input: {},
  });
  return { reconcile, startMissed, eraseStudent };
}

interface ScheduleArgs {
  readonly description: string;
  readonly scheduleExpression: string;
  readonly calls: aws.lambda.Function;
  readonly input: object;
}

function schedule(
  part: string,
  { tags }: PipelineParts["settings"],
  { description, scheduleExpression, calls, input }: ScheduleArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const rule = new aws.cloudwatch.EventRule(part, { description, scheduleExpression, tags }, opts);
  new aws.cloudwatch.EventTarget(part, { rule: rule.name, arn: calls.arn, input: JSON.stringify(input) }, opts);
  new aws.lambda.Permission(
    part,
    {
      action: "lambda:InvokeFunction",
      function: calls.name,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    opts,
  );
}
