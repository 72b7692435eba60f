import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { eraseStudentFunction } from "../../handlers/erase-student/definition";
import { reconcileFunction } from "../../handlers/reconcile/definition";
import { createFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../parts";

export interface Operations {
  /** Compares the stores and fixes differences; called by the schedule and by `avatar-pipeline reconcile`. */
  readonly reconcile: aws.lambda.Function;
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
  schedule(name, reconcile, parts.settings, opts);
  return { reconcile, eraseStudent };
}

/** Every night, so that the remains of a fault are cleaned up before the next day's uploads. */
function schedule(
  name: string,
  reconcile: aws.lambda.Function,
  settings: PipelineParts["settings"],
  opts: pulumi.CustomResourceOptions,
): void {
  const part = `${name}-reconcile`;
  const rule = new aws.cloudwatch.EventRule(
    part,
    {
      description: `Compares and mends the stores of ${name}`,
      // 18:00 UTC is 1 in the morning in Vietnam.
      scheduleExpression: "cron(0 18 * * ? *)",
      tags: settings.tags,
    },
    opts,
  );
  new aws.cloudwatch.EventTarget(
    part,
    { rule: rule.name, arn: reconcile.arn, input: JSON.stringify({ fix: true, searchNewFaces: true }) },
    opts,
  );
  new aws.lambda.Permission(
    part,
    {
      action: "lambda:InvokeFunction",
      function: reconcile.name,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    opts,
  );
}
