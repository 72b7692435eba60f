import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { mailStudentFunction } from "../../handlers/mail-student/definition";
import { createFunction } from "../flow/lambda-function";
import { functionContext, type PipelineParts } from "../parts";

/**
 * Mails the students themselves: a function that subscribes to both topics, so that the topics remain the only record
 * of a photo's outcome.
 *
 * @param parts.sender an address that SES has verified, or of a domain that it has
 */
export function createStudentMail(
  name: string,
  parts: PipelineParts & { readonly sender: string },
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  const { topics, sender } = parts;
  const shared = functionContext(parts);
  const context = { ...shared, arns: { ...shared.arns, sender } };
  const mailer = createFunction(name, mailStudentFunction, context, opts);
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
