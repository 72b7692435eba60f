import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { mailStudentGrants } from "../../handlers/mail-student/grants";
import { mailStudentFactory } from "../../handlers/mail-student/handler";
import { createStepFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../flow/steps";

/**
 * Mails the students themselves: a function that subscribes to both topics, so that what the topics say stays the one
 * account of what happened.
 *
 * @param parts.sender an address that SES has verified, or of a domain that it has
 */
export function createStudentMail(
  name: string,
  parts: PipelineParts & { readonly sender: string },
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  const { settings, tables, topics, sender } = parts;
  const mailer = createStepFunction(
    name,
    {
      name: "MailStudent",
      factory: mailStudentFactory,
      grants: mailStudentGrants(sender),
      environment: { UPLOAD_TABLE: tables.uploads.name, SENDER: sender, DEFAULT_LOCALE: settings.site.locale },
      memorySize: 256,
      timeout: 30,
    },
    functionContext(parts),
    opts,
  );
  for (const [outcome, topic] of [
    ["success", topics.success],
    ["failure", topics.failure],
  ] as const) {
    const part = `${name}-mail-${outcome}`;
    new aws.lambda.Permission(
      part,
      {
        action: "lambda:InvokeFunction",
        function: mailer.name,
        principal: "sns.amazonaws.com",
        sourceArn: topic.arn,
      },
      opts,
    );
    new aws.sns.TopicSubscription(part, { topic: topic.arn, protocol: "lambda", endpoint: mailer.arn }, opts);
  }
  return mailer;
}
