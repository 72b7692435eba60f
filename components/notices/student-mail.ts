import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { mailStudentFunction } from "../../handlers/mail-student/definition";
import { mailCountTableExpiry, mailCountTableKey } from "../../handlers/stores/mail-counts";
import { SiteAccess } from "../args";
import { createFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../parts";
import { document, tlsOnly } from "../policies";
import { createDeadLetterQueue, createQueue } from "../queue";

export interface StudentMail {
  readonly mailer: aws.lambda.Function;
  /** Receives each notice whose mail failed for good, or for too long. */
  readonly deadLetters: aws.sqs.Queue;
}

/**
 * How often a message is attempted, every three minutes (the queue's visibility timeout): an hour, which outlasts SES's
 * limit per second and most outages. What SES refuses for longer, such as the mail beyond a day's quota, waits as a dead
 * letter until an operator sends it again.
 */
const maxAttempts = 20;

/**
 * Mails the students themselves: a queue that subscribes to both topics, so that the topics remain the only record of a
 * photo's outcome, and a function that reads it. Without the queue SNS would drop a notice after three attempts.
 *
 * @param parts.sender an address that SES has verified, or of a domain that it has
 */
export function createStudentMail(
  name: string,
  parts: PipelineParts & { readonly sender: string },
  opts: pulumi.CustomResourceOptions,
): StudentMail {
  const { topics, sender, settings } = parts;
  const part = `${name}-mail`;
  const deadLetters = createDeadLetterQueue(`${part}-undelivered`, settings, opts);
  const queue = createQueue(
    part,
    settings,
    {
      // AWS's own advice: six times the function's timeout, so that no batch is received twice while it is handled.
      visibilityTimeoutSeconds: 6 * mailStudentFunction.timeout,
      messageRetentionSeconds: 4 * 86_400,
      redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: maxAttempts }),
    },
    opts,
  );
  const allowed = new aws.sqs.QueuePolicy(
    part,
    {
      queueUrl: queue.url,
      policy: document([
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queue.arn,
          Condition: { ArnEquals: { "aws:SourceArn": [topics.success.arn, topics.failure.arn] } },
        },
        tlsOnly("sqs:*", queue.arn),
      ]),
    },
    opts,
  );
  new aws.sqs.QueuePolicy(
    `${part}-undelivered`,
    { queueUrl: deadLetters.url, policy: document([tlsOnly("sqs:*", deadLetters.arn)]) },
    opts,
  );
  const counts = settings.site.access === SiteAccess.Open ? createMailCounts(part, settings, opts) : undefined;
  const shared = functionContext(parts);
  const context = {
    ...shared,
    variables: { ...shared.variables, MAIL_COUNT_TABLE: counts?.name },
    arns: { ...shared.arns, sender, mailQueue: queue.arn, mailCountTable: counts?.arn },
  };
  const mailer = createFunction(name, mailStudentFunction, context, opts);
  new aws.lambda.EventSourceMapping(
    part,
    {
      eventSourceArn: queue.arn,
      functionName: mailer.arn,
      // Each mail is a call of SES of its own; a batch must end within the function's timeout.
      batchSize: 5,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // The fewest that Lambda accepts: SES takes 14 mails a second of most accounts.
      scalingConfig: { maximumConcurrency: 2 },
      tags: settings.tags,
    },
    opts,
  );
  for (const [outcome, topic] of [
    ["success", topics.success],
    ["failure", topics.failure],
  ] as const) {
    new aws.sns.TopicSubscription(
      `${part}-${outcome}`,
      { topic: topic.arn, protocol: "sqs", endpoint: queue.arn, rawMessageDelivery: true },
      // SNS loses what it may not send.
      { ...opts, dependsOn: [allowed] },
    );
  }
  return { mailer, deadLetters };
}

/** The table of mails to each address. Its rows live for two days and hold hashes: nothing of it is worth keeping. */
function createMailCounts(
  part: string,
  { kmsKeyArn, tags }: Pick<PipelineParts["settings"], "kmsKeyArn" | "tags">,
  opts: pulumi.CustomResourceOptions,
): aws.dynamodb.Table {
  return new aws.dynamodb.Table(
    `${part}-counts`,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey: mailCountTableKey,
      attributes: [{ name: mailCountTableKey, type: "S" }],
      serverSideEncryption: { enabled: true, kmsKeyArn },
      ttl: { attributeName: mailCountTableExpiry, enabled: true },
      tags,
    },
    opts,
  );
}
