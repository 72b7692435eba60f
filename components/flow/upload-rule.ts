import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { uploadPrefix } from "../../handlers/contract/keys";
import { assumedBy, document, tlsOnly } from "../policies";
import { createDeadLetterQueue } from "../queue";
import type { Settings } from "../settings";

export interface UploadRuleArgs {
  readonly settings: Pick<Settings, "kmsKeyArn" | "tags">;
  readonly photoBucket: aws.s3.Bucket;
  readonly stateMachine: aws.sfn.StateMachine;
}

export interface UploadRule {
  /** Starts the machine for each object stored below `uploads/`. */
  readonly uploaded: aws.cloudwatch.EventRule;
  /** Starts the machine for each execution that ended without a notice, to send the notice and clean up. */
  readonly interrupted: aws.cloudwatch.EventRule;
  /** Receives each event that could not start the machine within a day. */
  readonly deadLetters: aws.sqs.Queue;
}

/** The rules that start the machine, with their role and the queue for events that failed to start it. */
export function createUploadRule(name: string, args: UploadRuleArgs, opts: pulumi.CustomResourceOptions): UploadRule {
  const { settings, photoBucket, stateMachine } = args;
  const role = new aws.iam.Role(
    `${name}-start`,
    {
      description: `Starts the flow of ${name}`,
      assumeRolePolicy: assumedBy("events.amazonaws.com"),
      tags: settings.tags,
    },
    opts,
  );
  new aws.iam.RolePolicy(
    `${name}-start`,
    {
      role: role.name,
      policy: document([{ Effect: "Allow", Action: ["states:StartExecution"], Resource: [stateMachine.arn] }]),
    },
    opts,
  );
  const deadLetters = createDeadLetterQueue(`${name}-dead-letters`, settings, opts);
  const rule = (
    part: string,
    description: string,
    eventPattern: pulumi.Input<string>,
    inputTransformer?: aws.types.input.cloudwatch.EventTargetInputTransformer,
  ) => {
    const created = new aws.cloudwatch.EventRule(
      `${name}-${part}`,
      { description, eventPattern, tags: settings.tags },
      opts,
    );
    new aws.cloudwatch.EventTarget(
      `${name}-${part}`,
      {
        rule: created.name,
        arn: stateMachine.arn,
        roleArn: role.arn,
        // EventBridge's own limits: it retries for a day, less and less often.
        retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: deadLetters.arn },
        inputTransformer,
      },
      opts,
    );
    return created;
  };

  const uploaded = rule("uploaded", `Photos uploaded to ${name}`, uploadedPattern(photoBucket.bucket));
  const interrupted = rule(
    "interrupted",
    `Executions of ${name} that ended without a notice`,
    interruptedPattern(stateMachine.arn),
    interruptedInput,
  );
  new aws.sqs.QueuePolicy(
    `${name}-dead-letters`,
    {
      queueUrl: deadLetters.url,
      policy: document([
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: deadLetters.arn,
          Condition: { ArnEquals: { "aws:SourceArn": [uploaded.arn, interrupted.arn] } },
        },
        tlsOnly("sqs:*", deadLetters.arn),
      ]),
    },
    opts,
  );
  return { uploaded, interrupted, deadLetters };
}

function uploadedPattern(bucket: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    source: ["aws.s3"],
    "detail-type": ["Object Created"],
    detail: { bucket: { name: [bucket] }, object: { key: [{ prefix: uploadPrefix }] } },
  });
}

/**
 * Every status but success, except for executions started by this rule: one of these that fails must not start another.
 */
function interruptedPattern(stateMachineArn: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: {
      stateMachineArn: [stateMachineArn],
      status: ["TIMED_OUT", "ABORTED", "FAILED"],
      input: [{ "anything-but": { prefix: '{"interrupted"' } }],
      // The Fail state `Failed` comes after the notice: nothing is left to close. If AWS reports no error, the machine
      // itself checks this.
      error: [{ exists: false }, null, { "anything-but": ["INTERNAL"] }],
    },
  });
}

/**
 * Gives the machine an InterruptedExecution (handlers/contract/flow-data.ts). The beginning of the input distinguishes
 * events of this rule from photos, and its own executions from others.
 *
 * The event is inserted whole: only for this variable does EventBridge document that it is inserted as JSON. Its
 * escaping of a single string with quotes, such as `detail.input`, is not documented.
 */
const interruptedInput = { inputTemplate: '{"interrupted":<aws.events.event.json>}' };
