import * as aws from "@pulumi/aws";
import type { SNSEvent } from "aws-lambda";
import { AvatarPipeline, type AcceptedEvent } from "avatar-pipeline";

const avatars = new AvatarPipeline("avatars", { retention: { keepData: false } });

// A role that may read avatars and write its own log, and nothing else.
const role = new aws.iam.Role("print-card", {
  assumeRolePolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  }),
});
new aws.iam.RolePolicy("print-card-reads-avatars", { role: role.name, policy: avatars.readAvatarsPolicy });
new aws.iam.RolePolicyAttachment("print-card-logs", {
  role: role.name,
  policyArn: aws.iam.ManagedPolicy.AWSLambdaBasicExecutionRole,
});

const printCard = new aws.lambda.CallbackFunction("print-card", {
  role,
  runtime: aws.lambda.Runtime.NodeJS24dX,
  timeout: 30,
  // The runtime has the AWS SDK; this project's own dependencies are for deploying.
  codePathOptions: { extraExcludePackages: ["avatar-pipeline"] },
  callbackFactory: () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be loaded when deploying
    const { S3 } = require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
    const s3 = new S3({});
    return async ({ Records: records }: SNSEvent) => {
      for (const { Sns: notice } of records) {
        const { studentId, bucket, thumbnails } = JSON.parse(notice.Message) as AcceptedEvent;
        const { ContentLength: bytes } = await s3.headObject({ Bucket: bucket, Key: thumbnails["512"] ?? "" });
        console.log(`The card of ${studentId}: ${thumbnails["512"]}, ${bytes} bytes`);
      }
    };
  },
});

// Every notice has the attributes `type` and `student_id` to filter by, those of refusals `reason` as well.
new aws.sns.TopicSubscription("print-card", {
  topic: avatars.successTopicArn,
  protocol: "lambda",
  endpoint: printCard.arn,
  filterPolicy: JSON.stringify({ type: ["avatar.accepted"] }),
});
new aws.lambda.Permission("print-card", {
  action: "lambda:InvokeFunction",
  function: printCard.name,
  principal: "sns.amazonaws.com",
  sourceArn: avatars.successTopicArn,
});

export const uploadPage = avatars.siteUrl;
