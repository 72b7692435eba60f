import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { uploadPrefix } from "../../handlers/contract/keys";
import { assumedBy, document, tlsOnly } from "../policies";
import type { Settings } from "../settings";

export interface UploadRuleArgs {
  readonly settings: Pick<Settings, "kmsKeyArn" | "tags">;
  readonly photoBucket: aws.s3.Bucket;
  readonly stateMachine: aws.sfn.StateMachine;
}

export interface UploadRule {
  /** Starts the machine for each object stored below `uploads/`. */
  readonly uploaded: aws.cloudwatch.EventRule;
  /** Starts the machine for each execution that ended without a word, to give the notice and tidy up. */
  readonly interrupted: aws.cloudwatch.EventRule;
  /** Gets each event that could not start the machine within a day. */
  readonly deadLetters: aws.sqs.Queue;
}

/** The rules that start the machine, with the role they start it by and the queue for events that did not. */
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
  const deadLetters = new aws.sqs.Queue(
    `${name}-dead-letters`,
    // The longest that SQS keeps a message: time to see the alarm, mend the fault and send the events again.
    {
      messageRetentionSeconds: 14 * 86_400,
      ...(settings.kmsKeyArn === undefined
        ? { sqsManagedSseEnabled: true }
        : { kmsMasterKeyId: settings.kmsKeyArn, kmsDataKeyReusePeriodSeconds: 3600 }),
      tags: settings.tags,
    },
    opts,
  );
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
        // EventBridge's own limits: it tries for a day, less and less often.
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
 * Every ending but success, except of those executions that this very rule has started: one that fails as well must
 * not start another.
 */
function interruptedPattern(stateMachineArn: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: {
      stateMachineArn: [stateMachineArn],
      status: ["TIMED_OUT", "ABORTED", "FAILED"],
      input: [{ "anything-but": { prefix: '{"interrupted"' } }],
      // The Fail state `Failed` comes after the notice: nothing is left to close. Where AWS tells no error, the machine
      // itself finds that out.
      error: [{ exists: false }, null, { "anything-but": ["INTERNAL"] }],
    },
  });
}

/**
 * Gives the machine an InterruptedExecution (handlers/contract/flow-data.ts). Events of this rule are told from photos, and
 * its own executions from others, by the text that the input begins with.
 *
 * The event goes in whole: EventBridge says of this variable alone that it puts it in as the JSON that it is. How it
 * escapes a single string with quotes in it, as `detail.input` is, it does not say.
 */
const interruptedInput = { inputTemplate: '{"interrupted":<aws.events.event.json>}' };
